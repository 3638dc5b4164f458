import { Resolver } from "node:dns/promises";
import type { Finished } from "../base/process";
import { type LabHost, theHost, withRole } from "../hosts/plan";
import { onHost, tryOnHost } from "../hosts/ssh";
import { type Finding, type Lab, look } from "./finding";

/** Where the name leads, and whether an API server answers there. */
export function lookAtEndpoint({ place, stack, hosts }: Lab): Promise<Finding> {
  return look("endpoint", async () => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([theHost(hosts, "name-server").address]);
    const addresses = await resolver.resolve4(stack.fqdn);
    const url = `https://${stack.fqdn}:${stack.port}/readyz`;
    // any host would do; the monitor has no part in the control plane
    const answer = await onHost(
      place,
      theHost(hosts, "monitor"),
      stack.user,
      `curl -sk --max-time 10 ${url} || echo no answer`,
    );
    return {
      ok: addresses.join() === stack.virtualIp && answer === "ok",
      seen: [`${stack.fqdn}:${stack.port} leads to ${addresses.join(", ")}; /readyz says ${answer}`],
    };
  });
}

/** What is seen of a host that cannot be asked. */
const silence = (host: LabHost, { stderr }: Finished) =>
  `${host.name} cannot be asked: ${stderr.trim().split("\n").at(-1) ?? ""}`;

/** Which load balancer holds the virtual IP: one does, and no more. */
export function lookAtVirtualIp({ place, stack, hosts }: Lab): Promise<Finding> {
  return look("virtual IP", async () => {
    const held: string[] = [];
    const silent: string[] = [];
    for (const host of withRole(hosts, "load-balancer")) {
      const asked = await tryOnHost(place, host, stack.user, "ip -4 -o address show");
      if (asked.code !== 0) silent.push(silence(host, asked));
      else if (asked.stdout.includes(` ${stack.virtualIp}/`)) held.push(host.name);
    }
    return {
      ok: held.length === 1 && silent.length === 0,
      seen: [`${stack.virtualIp} is held by ${held.join(" and ") || "nobody"}`, ...silent],
    };
  });
}

/** What each load balancer thinks of the API servers. */
export function lookAtLoadBalancers({ place, stack, hosts }: Lab): Promise<Finding> {
  return look("HAProxy", async () => {
    const seen: string[] = [];
    let whole = true;
    for (const host of withRole(hosts, "load-balancer")) {
      const asked = await tryOnHost(
        place,
        host,
        stack.user,
        `set -o pipefail
         socket=$(awk '$1 == "stats" && $2 == "socket" { print $3; exit }' /etc/haproxy/haproxy.cfg)
         echo 'show stat' | socat - "UNIX-CONNECT:$socket"`,
      );
      if (asked.code !== 0) {
        whole = false;
        seen.push(silence(host, asked));
        continue;
      }
      const names = stack.masters.map((master) => master.name);
      // fields of HAProxy's CSV: 1 is the server, 17 its status; one that is checked elsewhere is listed there as well
      const servers = asked.stdout
        .split("\n")
        .map((line) => line.split(","))
        .filter((fields) => names.includes(fields[1] ?? ""));
      const states = [...new Set(servers.map((fields) => `${fields[1]} ${fields[17]}`))];
      whole &&= states.length === names.length && servers.every((fields) => fields[17] === "UP");
      seen.push(`${host.name}: ${states.join(", ") || "no servers"}`);
    }
    return { ok: whole, seen };
  });
}
