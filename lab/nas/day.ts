/**
 * The NAS's load in each hour of the day (UTC), relative to the day's mean: a backup at 2, few users before 8, a peak before
 * noon and one in the evening.
 */
const HOURS = [
  0.4, 0.3, 1.6, 1.4, 0.4, 0.3, 0.4, 0.7, 1.1, 1.4, 1.5, 1.3, 1.0, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 1.2, 1.5, 1.4, 0.9,
  0.5,
] as const;

/** The load at a time, interpolated between the middles of two hours. */
export function loadAt(now: Date): number {
  const at = now.getUTCHours() + now.getUTCMinutes() / 60 - 0.5;
  const from = Math.floor(at);
  const part = at - from;
  return of(from) * (1 - part) + of(from + 1) * part;
}

/** Whether the nightly backup runs at this time. */
export function isBackupTime(now: Date): boolean {
  return now.getUTCHours() === 2 || now.getUTCHours() === 3;
}

function of(hour: number): number {
  return HOURS[(hour + 24) % 24] ?? 1;
}
