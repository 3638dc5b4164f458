import { readFileSync } from "node:fs";
import { join } from "node:path";
import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { hostScript } from "../../host/script";
import { titled } from "./name";

const text = (file: string) => readFileSync(join(__dirname, file), "utf8");
const script = `${text("../../host/name-lookup.sh")}\n${text("resolves.sh")}`;

/** Cloudflare calls a TTL of its own choice 1; it is five minutes. */
const automaticTtl = 300;

/** Seconds that a change may take to reach a host's resolver, by the TTL that resolvers may keep the old answer for. */
function patienceFor(ttl: number): number {
  return 120 + Math.min(ttl === 1 ? automaticTtl : ttl, 1800);
}

/**
 * One step per host that is done when DNS resolves the name there to the address and nothing else, whatever /etc/hosts says.
 * Fails after the TTL and two minutes (half an hour and two at most) with what it resolved to instead.
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
