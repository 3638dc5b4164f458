/**
 * How busy the NAS is in each hour of the day, in UTC, 1 being the day's mean: the nightly backup at 2, few people before 8,
 * a peak before noon and one in the evening.
 */
const HOURS = [
  0.4, 0.3, 1.6, 1.4, 0.4, 0.3, 0.4, 0.7, 1.1, 1.4, 1.5, 1.3, 1.0, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 1.2, 1.5, 1.4, 0.9,
  0.5,
] as const;

/** The busyness at a time, changing smoothly from the middle of one hour to that of the next. */
export function busyness(now: Date): number {
  const at = now.getUTCHours() + now.getUTCMinutes() / 60 - 0.5;
  const from = Math.floor(at);
  const part = at - from;
  return of(from) * (1 - part) + of(from + 1) * part;
}

/** Is it the hour of the nightly backup, when it is the one who works? */
export function isBackupTime(now: Date): boolean {
  return now.getUTCHours() === 2 || now.getUTCHours() === 3;
}

function of(hour: number): number {
  return HOURS[(hour + 24) % 24] ?? 1;
}
