import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { TarEntry } from "../../artefacts/tar";
import { type HostsPlan, type LabHost, theHost } from "../plan";

/** What is added to a host's image before the first boot. */
export interface HostContent {
  readonly files: readonly TarEntry[];
  /** systemd units that run here, restarted when the files change. */
  readonly units: readonly string[];
}

/** uid and gid of the first user of a Debian host. */
const firstUser = 1000;

/** Files of every host: its own keys and machine-id, the user's key, the lab's name server and package repository. */
export function commonFiles({ place, hosts, keys, debian }: HostsPlan, host: LabHost): TarEntry[] {
  const hostKey = keys.hosts.get(host.name);
  if (hostKey === undefined) {
    throw new Error(`there is no host key for ${host.name}`);
  }
  const nameServer = theHost(hosts, "name-server").address;
  const owner = { uid: firstUser, gid: firstUser };
  const machineId = createHash("sha256").update(`machine-id of ${hostKey.publicKey}`).digest("hex").slice(0, 32);
  return [
    { path: "etc/machine-id", content: `${machineId}\n`, mode: 0o444 },
    { path: "etc/ssh/ssh_host_ed25519_key", content: hostKey.privateKey, mode: 0o600 },
    { path: "etc/ssh/ssh_host_ed25519_key.pub", content: hostKey.publicKey },
    { path: "etc/ssh/sshd_config.d/host-key.conf", content: "HostKey /etc/ssh/ssh_host_ed25519_key\n" },
    { path: "home/ops/.ssh", folder: true, mode: 0o700, ...owner },
    { path: "home/ops/.ssh/authorized_keys", content: keys.user.publicKey, mode: 0o600, ...owner },
    { path: "etc/kube-control-lab", folder: true },
    { path: "etc/kube-control-lab/host", content: `${host.name} ${host.role}\n` },
    {
      path: "etc/kube-control-lab/resolv.conf",
      content: `nameserver ${nameServer}\noptions timeout:2 attempts:2\n`,
    },
    { path: "usr/share/keyrings/kube-control-lab.asc", content: readFileSync(join(debian, "Release.key")) },
    {
      path: "etc/apt/sources.list.d/debian.sources",
      content: debianSources(place.debian, theHost(hosts, "services").address),
    },
  ];
}

const debianSources = (release: string, address: string) => `# The lab's own copy of Debian's packages
Types: deb
URIs: http://${address}/debian
Suites: ${release}
Components: main
Signed-By: /usr/share/keyrings/kube-control-lab.asc
`;

/** Links that enable systemd units. */
export function enabled(units: readonly string[], folder = "/lib/systemd/system"): TarEntry[] {
  return units.map((unit) => ({
    path: `etc/systemd/system/multi-user.target.wants/${unit}`,
    link: `${folder}/${unit}`,
  }));
}
