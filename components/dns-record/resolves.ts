import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { hostScript } from "../../host/script";
import { titled } from "./name";

const text = (file: string) => readFileSync(join(__dirname, file), "utf8");
const script = `${text("../../host/name-lookup.sh")}\n${text("resolves.sh")}`;

/** Seconds of Cloudflare's automatic TTL, which its API represents as 1. */
const automaticTtl = 300;

/** Seconds until a host's resolver must have the change: the TTL (at most half an hour) and two minutes. */
function patienceFor(ttl: number): number {
  return 120 + Math.min(ttl === 1 ? automaticTtl : ttl, 1800);
}

/**
 * Creates one step per host, which waits until DNS resolves the name there to this address only. It ignores /etc/hosts.
 * It fails after {@link patienceFor} seconds, with what the name resolved to instead.
 */
export function waitForName(
  namePrefix: string,
  hosts: readonly Host[],
  name: { readonly fqdn: pulumi.Input<string>; readonly address: pulumi.Input<string>; readonly ttl: number },
  opts: pulumi.CustomResourceOptions,
): command.remote.Command[] {
  const patience = patienceFor(name.ttl);
  return hosts.map((host) =>
    hostScript(
      `${namePrefix}-${host.name}`,
      {
        host,
        step: `wait for the name to lead to ${titled(name.address)}`,
        script,
        variables: { FQDN: name.fqdn, ADDRESS: name.address, SECONDS_TO_WAIT: String(patience) },
        lock: false,
        timeoutSeconds: patience + 60,
      },
      opts,
    ),
  );
}
