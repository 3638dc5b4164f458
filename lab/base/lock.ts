import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { LabError } from "./error";
import type { Place } from "./place";
import { until } from "./process";
import type { Progress } from "./progress";

/**
 * Takes a lock on this machine: an abstract socket, which the kernel removes with the process, so no stale lock remains.
 *
 * @returns the function that releases the lock; undefined if another holder has it
 */
export function tryLock(name: string): Promise<(() => void) | undefined> {
  const server = createServer().unref();
  // a path may be longer than a socket name, which has at most 107 bytes
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return new Promise((done, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") done(undefined);
      else reject(error);
    });
    server.listen(`\0kube-control-lab-${hash}`, () => done(() => void server.close()));
  });
}

/** Waits up to so many seconds for a lock; undefined if it is still taken. */
const lockWithin = (name: string, seconds: number) =>
  until(
    () => tryLock(name),
    (release) => release !== undefined,
    { seconds },
  );

/**
 * Runs work while this process has the lock.
 *
 * @param title shown while another process has the lock
 */
export async function withLock<T>(name: string, progress: Progress, title: string, work: () => Promise<T>): Promise<T> {
  let release = await tryLock(name);
  if (release === undefined) {
    const wait = async () => {
      release = await lockWithin(name, Infinity);
    };
    await progress.run([{ title, run: wait }]);
  }
  return work().finally(release);
}

/** Runs work that changes the cache, while no other lab that shares the cache does. */
export const withCacheLock = <T>({ cache }: Place, progress: Progress, work: () => Promise<T>): Promise<T> =>
  withLock(cache, progress, `Waiting for another lab, which builds into ${cache}`, work);

/**
 * Runs work that changes the lab of a checkout, while no other command does.
 *
 * @throws LabError if another command still changes it after ten seconds
 */
export async function withLabLock<T>({ root }: Place, work: () => Promise<T>): Promise<T> {
  const release = await lockWithin(root, 10);
  if (release === undefined) {
    throw new LabError(
      `another command changes the lab of ${root}`,
      "Wait for it to end: `npm run lab`, a drill, a benchmark or `npm test`. Or use another clone of the project.",
    );
  }
  return work().finally(release);
}
