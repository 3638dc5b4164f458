import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { LabError } from "../base/error";
import { until } from "../base/process";
import type { LabHost } from "./plan";

/** Waits until something holds; after a minute fails with what was seen last. */
async function waitFor(what: string, host: LabHost, look: () => Promise<unknown>): Promise<void> {
  const failure = await until(
    () =>
      look().then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      ),
    (seen) => seen === undefined,
    { seconds: 60, every: 0.25 },
  );
  if (failure === undefined) return;
  throw new LabError(
    `${host.name} (${host.address}): ${what} does not answer: ${failure}`,
    `See \`npm run lab -- logs ${host.name}\`.`,
  );
}

/** sshd's greeting: it is what the program dials first. */
export function waitForSsh(host: LabHost): Promise<void> {
  return waitFor("sshd", host, async () => {
    const socket = connect({ host: host.address, port: 22, timeout: 2000 });
    socket.on("timeout", () => socket.destroy(new Error("no answer within 2 s")));
    for await (const data of socket) {
      // leaving the loop closes the connection
      if (String(data).startsWith("SSH-2.0-")) return;
      throw new Error(`it says ${String(data)}`);
    }
    throw new Error("it hangs up");
  });
}

export function waitForZone(host: LabHost, zone: string): Promise<void> {
  return waitFor(`the zone ${zone}`, host, async () => {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([host.address]);
    await resolver.resolveSoa(zone);
  });
}

/** An HTTP service: any answer below 500 will do. */
export function waitForHttp(host: LabHost, port: number, path: string): Promise<void> {
  return waitFor(`port ${port}`, host, async () => {
    const response = await fetch(`http://${host.address}:${port}${path}`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  });
}
