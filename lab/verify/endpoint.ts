import { Resolver } from "node:dns/promises";
import { lastLine } from "../base/process";
import { theHost, withRole } from "../hosts/plan";
import { onHost, tryOnHost } from "../hosts/ssh";
import type { Lab, CheckResult } from "./finding";

/** The name resolves to the virtual IP, and an API server answers there. */
export async function checkEndpoint(lab: Lab): Promise<CheckResult> {
  const { stack, hosts } = lab;
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([theHost(hosts, "name-server").address]);
  const addresses = await resolver.resolve4(stack.fqdn);
  const url = `https://${stack.fqdn}:${stack.port}/readyz`;
  // from the monitor, which is not part of the control plane
  const answer = await onHost(lab, theHost(hosts, "monitor"), `curl -sk --max-time 10 ${url} || echo no answer`);
  return {
    ok: addresses.join() === stack.virtualIp && answer === "ok",
    seen: [`${stack.fqdn}:${stack.port} resolves to ${addresses.join(", ")}; /readyz answers ${answer}`],
  };
}

/** Every node resolves the name without DNS, by its own /etc/hosts. */
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
        ? [`/etc/hosts of every node resolves ${fqdn} to ${virtualIp}`]
        : others.map(({ name, address }) => `${name}: /etc/hosts resolves ${fqdn} to ${address}`),
  };
}

/** Runs shell text on each load balancer: its output, or the reason why it failed. */
function askLoadBalancers(lab: Lab, script: string) {
  return Promise.all(
    withRole(lab.hosts, "load-balancer").map(async (host) => {
      const asked = await tryOnHost(lab, host, script);
      return asked.code === 0
        ? { name: host.name, output: asked.stdout }
        : { name: host.name, failure: `${host.name} does not answer: ${lastLine(asked)}` };
    }),
  );
}

/** Exactly one load balancer holds the virtual IP. */
export async function checkVirtualIp(lab: Lab): Promise<CheckResult> {
  const { virtualIp } = lab.stack;
  const asked = await askLoadBalancers(lab, "ip -4 -o address show");
  const holders = asked.filter(({ output }) => output?.includes(` ${virtualIp}/`)).map(({ name }) => name);
  const failures = asked.flatMap(({ failure }) => failure ?? []);
  return {
    ok: holders.length === 1 && failures.length === 0,
    seen: [`${virtualIp} is held by ${holders.join(" and ") || "no load balancer"}`, ...failures],
  };
}

/** HAProxy on each load balancer reports every API server as up. */
export async function checkLoadBalancers(lab: Lab): Promise<CheckResult> {
  const masters = lab.stack.masters.map(({ name }) => name);
  const asked = await askLoadBalancers(
    lab,
    `set -o pipefail
       socket=$(awk '$1 == "stats" && $2 == "socket" { print $3; exit }' /etc/haproxy/haproxy.cfg)
       echo 'show stat' | socat - "UNIX-CONNECT:$socket"`,
  );
  const results = asked.map(({ name, output, failure }) => {
    if (output === undefined) return { ok: false, seen: failure };
    // fields of HAProxy's CSV: 1 is the server, 17 its status; a server may be listed in more than one backend
    const servers = output
      .split("\n")
      .map((line) => line.split(","))
      .filter((fields) => masters.includes(fields[1] ?? ""));
    const states = [...new Set(servers.map((fields) => `${fields[1]} ${fields[17]}`))];
    return {
      ok: states.length === masters.length && servers.every((fields) => fields[17] === "UP"),
      seen: `${name}: ${states.join(", ") || "no servers"}`,
    };
  });
  return { ok: results.every(({ ok }) => ok), seen: results.map(({ seen }) => seen) };
}
