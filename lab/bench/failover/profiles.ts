import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Hosts } from "../../drill/hosts";
import type { Machine, Stack } from "../../hosts/stack";

/** A configuration of the two load balancers. */
export interface Profile {
  readonly name: string;
  /** Its origin. */
  readonly title: string;
  /** Whether the virtual IP stays where it is when the other load balancer returns. */
  readonly stays: boolean;
  /**
   * The VRRP priority of the first load balancer.
   *
   * @default 100, the second one's
   */
  readonly priority?: number;
}

/** The configuration that the program installed. */
export const ours: Profile = { name: "kube-control", title: "this project", stays: true };

export const profiles: readonly Profile[] = [
  { name: "seed", title: "the blog post (with `mode tcp`)", stays: false, priority: 120 },
  { name: "kubeadm", title: "kubeadm's guide", stays: false, priority: 101 },
  { name: "openshift", title: "OpenShift's templates", stays: true },
  ours,
];

/** The backup of the program's own files, on each load balancer. */
const backupFolder = "/var/tmp/kube-control-bench";

const files = ["etc/haproxy/haproxy.cfg", "etc/keepalived/keepalived.conf"];
const dropIns = ["haproxy", "keepalived"].map((name) => `etc/systemd/system/${name}.service.d/kube-control.conf`);

/** The files of a profile for one of the two load balancers, by path. */
export function render(profile: Profile, stack: Stack, self: Machine): Record<string, string> {
  const first = stack.loadBalancers[0]?.name === self.name;
  const values: Readonly<Record<string, string | undefined>> = {
    PORT: String(stack.port),
    SERVERS: stack.masters.map(({ name, address }) => `    server ${name} ${address}:${stack.port}`).join("\n"),
    VIRTUAL_IP: stack.virtualIp,
    ADDRESS: self.address,
    PEER: stack.loadBalancers.find(({ name }) => name !== self.name)?.address,
    STATE: first ? "MASTER" : "BACKUP",
    PRIORITY: String((first ? profile.priority : undefined) ?? 100),
  };
  const folder = join(__dirname, "profiles", profile.name);
  const rendered = readdirSync(folder).map((file) => {
    const text = readFileSync(join(folder, file), "utf8");
    const path = file === "haproxy.cfg" ? "/etc/haproxy/haproxy.cfg" : `/etc/keepalived/${file}`;
    return [path, text.replaceAll(/@([A-Z_]+)@/g, (placeholder, name: string) => values[name] ?? placeholder)] as const;
  });
  return Object.fromEntries(rendered);
}

/** Installs a profile on both load balancers. Backs up the program's own files first, and restores them for {@link ours}. */
export async function install(profile: Profile, stack: Stack, hosts: Hosts): Promise<void> {
  const two = stack.loadBalancers;
  if (two.length !== 2) throw new Error("the profiles are for two load balancers");
  for (const { name } of two) await hosts.shell(name, backUp);
  for (const self of two) {
    await hosts.shell(self.name, profile === ours ? restore : writeFiles(render(profile, stack, self)), 60);
  }
  for (const { name } of two) await hosts.shell(name, "systemctl start keepalived; sleep 1");
}

/** Stops the services, and backs up the program's own files unless there is a backup. */
const backUp = `
  systemctl stop keepalived haproxy-watch
  if [[ ! -d ${backupFolder} ]]; then
    mkdir -p ${backupFolder}.new
    cd / && cp --parents -a ${[...files, ...dropIns].join(" ")} ${backupFolder}.new/
    mv ${backupFolder}.new ${backupFolder}
  fi`;

const restore = `
  cp -a ${backupFolder}/. /
  rm -rf ${backupFolder} /etc/keepalived/check.sh
  systemctl daemon-reload
  systemctl restart haproxy
  systemctl start haproxy-watch`;

function writeFiles(contents: Readonly<Record<string, string>>): string {
  const writes = Object.entries(contents).map(([path, text]) => {
    const mode = path.endsWith(".sh") ? "0755" : "0644";
    return `base64 -d >${path} <<<${Buffer.from(text).toString("base64")}; chmod ${mode} ${path}`;
  });
  return `
    rm -f ${dropIns.map((path) => `/${path}`).join(" ")} /etc/keepalived/check.sh
    ${writes.join("\n    ")}
    interface=$(ip -4 route show default | awk '{ print $5; exit }')
    sed -i "s/@INTERFACE@/$interface/" /etc/keepalived/keepalived.conf
    haproxy -c -q -f /etc/haproxy/haproxy.cfg
    systemctl daemon-reload
    systemctl restart haproxy`;
}
