/**
 * Milliseconds of processor time that something takes, once: whatever else runs on the machine counts for nothing. The
 * engine's own helpers, such as the collection of garbage, are part of it.
 */
export function timed(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
