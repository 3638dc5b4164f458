import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { LabError } from "../base/error";
import { until } from "../base/process";
import type { LabHost } from "./plan";

/** Repeats a check until it passes; after a minute throws with the last error. */
async function waitFor(what: string, host: LabHost, check: () => Promise<unknown>): Promise<void> {
  const failure = await until(
    () =>
      check().then(
        () => undefined,
        (error: unknown) => (error as Error).message,
      ),
    (message) => message === undefined,
    { seconds: 60, every: 0.25 },
  );
  if (failure === undefined) return;
  throw new LabError(
    `${host.name} (${host.address}): ${what} does not answer: ${failure}`,
    `See \`npm run lab -- logs ${host.name}\`.`,
  );
}

/** Waits until sshd sends its banner. */
export function waitForSsh(host: LabHost): Promise<void> {
  return waitFor("sshd", host, async () => {
    const socket = connect({ host: host.address, port: 22, timeout: 2000 });
    socket.on("timeout", () => socket.destroy(new Error("no answer within 2 s")));
    for await (const data of socket) {
      // leaving the loop closes the connection
      if (String(data).startsWith("SSH-2.0-")) return;
      throw new Error(`it sent ${String(data)}`);
    }
    throw new Error("it closed the connection");
  });
}

export function waitForZone(host: LabHost, zone: string): Promise<void> {
  return waitFor(`the zone ${zone}`, host, async () => {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([host.address]);
    await resolver.resolveSoa(zone);
  });
}

/** Waits until an HTTP service answers with a status below 500. */
export function waitForHttp(host: LabHost, port: number, path: string): Promise<void> {
  return waitFor(`port ${port}`, host, async () => {
    const response = await fetch(`http://${host.address}:${port}${path}`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  });
}
