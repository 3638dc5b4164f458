import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { LabError } from "../base/error";
import type { LabHost } from "./plan";

const patience = 60_000;

/** Waits until something holds; after a minute fails with what was seen last. */
async function waitFor(what: string, host: LabHost, look: () => Promise<void>): Promise<void> {
  const begin = Date.now();
  for (;;) {
    try {
      await look();
      return;
    } catch (error) {
      if (Date.now() - begin > patience) {
        throw new LabError(
          `${host.name} (${host.address}): ${what} does not answer: ${(error as Error).message}`,
          `See \`npm run lab -- logs ${host.name}\`.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** sshd's greeting: it is what the program dials first. */
export function sshAnswers(host: LabHost): Promise<void> {
  return waitFor("sshd", host, () => banner(host.address, 22, "SSH-2.0-"));
}

function banner(address: string, port: number, expected: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: 2000 });
    const end = (error?: Error) => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.on("data", (data) =>
      end(data.toString("latin1").startsWith(expected) ? undefined : new Error(`it says ${data.toString("latin1")}`)),
    );
    socket.on("timeout", () => end(new Error("no answer within 2 s")));
    socket.on("error", end);
    socket.on("end", () => end(new Error("it hangs up")));
  });
}

export function zoneAnswers(host: LabHost, zone: string): Promise<void> {
  return waitFor(`the zone ${zone}`, host, async () => {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([host.address]);
    await resolver.resolveSoa(zone);
  });
}

/** An HTTP service: any answer below 500 will do. */
export function httpAnswers(host: LabHost, port: number, path: string): Promise<void> {
  return waitFor(`port ${port}`, host, async () => {
    const response = await fetch(`http://${host.address}:${port}${path}`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    if (response.status >= 500) throw new Error(`status ${response.status}`);
  });
}
