import { createHash } from "node:crypto";
import { createServer } from "node:net";
import { pause } from "./process";

/**
 * Holds a name on this machine, by an abstract socket: the kernel takes it away with its process, so nothing stale is left.
 *
 * @returns what lets go of it; undefined where it is held already
 */
export function hold(name: string): Promise<(() => void) | undefined> {
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

/**
 * As {@link hold}, and waits for as long as another process holds the name.
 *
 * @param waits is called again and again meanwhile
 * @throws LabError at once where the lab's command is to end
 */
export async function turn(name: string, waits: () => void): Promise<() => void> {
  for (;;) {
    const release = await hold(name);
    if (release !== undefined) return release;
    waits();
    await pause(0.5);
  }
}
