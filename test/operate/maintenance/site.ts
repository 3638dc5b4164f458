import type { HostPlan, Plan } from "../../../operate/plan";
import { maintenanceScript } from "../../../operate/maintenance/run";
import type { Reboot } from "../../../operate/maintenance/arguments";
import { makeNode } from "../../stand-ins/cluster";
import { StandInHosts } from "../../stand-ins/hosts";
import { plan as recorded } from "../views";

// A stack of stand-in hosts, on which the scripts of a maintenance run.

const addresses = {
  "k8s-master1": "192.0.2.11",
  "k8s-master2": "192.0.2.12",
  "k8s-master3": "192.0.2.13",
  "k8s-worker1": "192.0.2.21",
  "haproxy-lb1": "192.0.2.31",
  "haproxy-lb2": "192.0.2.32",
  monitor: "192.0.2.41",
} as const;

export type Name = keyof typeof addresses;

const roleOf = (name: string): HostPlan["role"] =>
  name.includes("master")
    ? "master"
    : name.includes("worker")
      ? "worker"
      : name === "monitor"
        ? "monitor"
        : "load balancer";

const hosts = Object.entries(addresses).map(([name, address]): HostPlan => ({
  ...{ name, address, role: roleOf(name) },
  target: { name, address, port: 22, user: "root", hostKey: "ssh-ed25519 AAAA" },
}));

export const plan: Plan = { ...recorded, fqdn: "kube-control.example.com", virtualIp: "192.0.2.10", hosts };

export const hostNamed = (name: Name) => hosts.find((host) => host.name === name) as HostPlan;

/** A healthy stack without updates. haproxy-lb1 holds the virtual IP. */
export function site(): StandInHosts {
  const world = new StandInHosts(addresses);
  for (const { name, role } of hosts) {
    const root = `hosts/${name}`;
    world.write(`${root}/proc/1/stat`, "1 (systemd) S 0 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 7\n");
    world.write(`${root}/proc/sys/kernel/random/boot_id`, "boot\n");
    world.write(`${root}/boot/config`);
    if (role === "master" || role === "worker") makeNode(world, name);
    if (role === "load balancer") {
      const owner = `cluster kube-control.example.com:6443\nnode ${name}\nrole load balancer\n`;
      world.write(`${root}/var/lib/kube-control/load-balancer/owner`, owner);
      world.write(`${root}/run/haproxy.down`, "0\n");
      world.write(`${root}/run/haproxy.no-servers`, "0\n");
      world.write(`${root}/etc/keepalived/keepalived.conf`, "nopreempt\n");
    }
  }
  return world;
}

/** The output of `ip` on a load balancer that holds the virtual IP. */
export const holding = "2: eth0    inet 192.0.2.10/24 scope global secondary eth0:1\n";

/** apt-get plans these updates on a host. */
export function updatesOn(world: StandInHosts, name: Name, ...packages: readonly string[]): void {
  const lines = packages.map((one) => `Inst ${one} [1.0-1] (1.0-2 Debian-Security:13/stable-security [amd64])\n`);
  world.order(`^${name}: apt-get .*--simulate upgrade`, { stdout: lines.join("") });
}

/** The virtual IP moves to the other load balancer when Keepalived stops on its holder. */
export function moving(world: StandInHosts, from: Name, to: Name): void {
  world.order(`^${to}: ip -4`, { stdout: holding });
  world.order(`^${from}: ip -4`, { stdout: "" });
}

export const maintained = (world: StandInHosts, name: Name, reboot: Reboot = "needed") =>
  world.run(maintenanceScript(plan, hostNamed(name), reboot), "create");

/** The calls that change something, in order, without the options of apt-get. */
export const changes = (calls: readonly string[]) =>
  calls
    .filter((call) => !call.includes("--simulate"))
    .filter((call) =>
      /: (systemctl (mask|unmask|start|stop|restart)|systemd-run|apt-get .*(upgrade|install)|kubectl (cordon|uncordon|drain|annotate)|haproxy -c|keepalived -t)/.test(
        call,
      ),
    )
    .map((call) => call.replace(/ -y .*--with-new-pkgs| --ignore-daemonsets.*/, ""));
