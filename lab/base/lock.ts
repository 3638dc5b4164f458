import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { LabError } from "./error";
import type { Place } from "./place";
import { until } from "./process";
import type { Progress } from "./progress";

/**
 * Holds a name on this machine, by an abstract socket: the kernel takes it away with its process, so nothing stale is left.
 *
 * @returns what lets go of it; undefined where it is held already
 */
export function tryLock(name: string): Promise<(() => void) | undefined> {
  const server = createServer().unref();
  // a path may be longer than a socket's name, of which the kernel takes 107 bytes
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return new Promise((done, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") done(undefined);
      else reject(error);
    });
    server.listen(`\0kube-control-lab-${hash}`, () => done(() => void server.close()));
  });
}

/** Waits for a name for so many seconds; undefined where it is held for longer. */
const lockWithin = (name: string, seconds: number) =>
  until(
    () => tryLock(name),
    (release) => release !== undefined,
    { seconds },
  );

/**
 * Does some work while no other process of this machine does what has the same name.
 *
 * @param title shown for as long as another process has to be waited for
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

/** Builds into the cache, or removes it, while no other lab that shares it does. */
export const withCacheLock = <T>({ cache }: Place, progress: Progress, work: () => Promise<T>): Promise<T> =>
  withLock(cache, progress, `Waiting for another lab that builds into ${cache}`, work);

/**
 * Changes the lab of a checkout while no other command does; a command that is ending is waited for.
 *
 * @throws LabError where another command still does after ten seconds
 */
export async function withLabLock<T>({ root }: Place, work: () => Promise<T>): Promise<T> {
  const held = await lockWithin(root, 10);
  if (held === undefined) {
    throw new LabError(
      `another command changes the lab of ${root}`,
      "Wait until it has ended: `npm run lab`, a drill, a benchmark or `npm test`. Or use another clone of the project.",
    );
  }
  return work().finally(held);
}
