import { Resolver } from "node:dns/promises";
import { lastLine } from "../base/process";
import { theHost, withRole } from "../hosts/plan";
import { onHost, tryOnHost } from "../hosts/ssh";
import type { Lab, CheckResult } from "./finding";

/** Where the name leads, and whether an API server answers there. */
export async function checkEndpoint(lab: Lab): Promise<CheckResult> {
  const { stack, hosts } = lab;
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([theHost(hosts, "name-server").address]);
  const addresses = await resolver.resolve4(stack.fqdn);
  const url = `https://${stack.fqdn}:${stack.port}/readyz`;
  // any host would do; the monitor has no part in the control plane
  const answer = await onHost(lab, theHost(hosts, "monitor"), `curl -sk --max-time 10 ${url} || echo no answer`);
  return {
    ok: addresses.join() === stack.virtualIp && answer === "ok",
    seen: [`${stack.fqdn}:${stack.port} leads to ${addresses.join(", ")}; /readyz says ${answer}`],
  };
}

/** Whether every node finds the name without DNS: by its own /etc/hosts. */
export async function checkHostsFiles(lab: Lab): Promise<CheckResult> {
  const { fqdn, virtualIp } = lab.stack;
  const nodes = [...withRole(lab.hosts, "master"), ...withRole(lab.hosts, "worker")];
  const looks = await Promise.all(
    nodes.map(async (node) => {
      const asked = await tryOnHost(lab, node, `getent -s hosts:files ahostsv4 ${fqdn} | awk '{ print $1 }' | sort -u`);
      return { name: node.name, address: asked.stdout.trim().replaceAll("\n", " and ") || "nothing" };
    }),
  );
  const others = looks.filter(({ address }) => address !== virtualIp);
  return {
    ok: others.length === 0,
    seen:
      others.length === 0
        ? [`on all nodes /etc/hosts leads ${fqdn} to ${virtualIp}`]
        : others.map(({ name, address }) => `${name}: /etc/hosts leads ${fqdn} to ${address}`),
  };
}

/** Runs shell text on each load balancer: what it printed, or why that is not known. */
function askLoadBalancers(lab: Lab, script: string) {
  return Promise.all(
    withRole(lab.hosts, "load-balancer").map(async (host) => {
      const asked = await tryOnHost(lab, host, script);
      return asked.code === 0
        ? { name: host.name, said: asked.stdout }
        : { name: host.name, silence: `${host.name} cannot be asked: ${lastLine(asked)}` };
    }),
  );
}

/** Which load balancer holds the virtual IP: one does, and no more. */
export async function checkVirtualIp(lab: Lab): Promise<CheckResult> {
  const { virtualIp } = lab.stack;
  const asked = await askLoadBalancers(lab, "ip -4 -o address show");
  const held = asked.filter(({ said }) => said?.includes(` ${virtualIp}/`)).map(({ name }) => name);
  const silent = asked.flatMap(({ silence }) => silence ?? []);
  return {
    ok: held.length === 1 && silent.length === 0,
    seen: [`${virtualIp} is held by ${held.join(" and ") || "nobody"}`, ...silent],
  };
}

/** What each load balancer thinks of the API servers. */
export async function checkLoadBalancers(lab: Lab): Promise<CheckResult> {
  const masters = lab.stack.masters.map(({ name }) => name);
  const asked = await askLoadBalancers(
    lab,
    `set -o pipefail
       socket=$(awk '$1 == "stats" && $2 == "socket" { print $3; exit }' /etc/haproxy/haproxy.cfg)
       echo 'show stat' | socat - "UNIX-CONNECT:$socket"`,
  );
  const looks = asked.map(({ name, said, silence }) => {
    if (said === undefined) return { ok: false, seen: silence };
    // fields of HAProxy's CSV: 1 is the server, 17 its status; one that is checked elsewhere is listed there as well
    const servers = said
      .split("\n")
      .map((line) => line.split(","))
      .filter((fields) => masters.includes(fields[1] ?? ""));
    const states = [...new Set(servers.map((fields) => `${fields[1]} ${fields[17]}`))];
    return {
      ok: states.length === masters.length && servers.every((fields) => fields[17] === "UP"),
      seen: `${name}: ${states.join(", ") || "no servers"}`,
    };
  });
  return { ok: looks.every(({ ok }) => ok), seen: looks.map(({ seen }) => seen) };
}
