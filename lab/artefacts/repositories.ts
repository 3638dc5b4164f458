import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, need } from "./artefact";
import { baseImage, debianSources } from "./base-image";
import { inContainer } from "./container";
import { goArtefact } from "./go";
import { cniPlugins, kubernetes } from "./programs";
import { cniPluginsVersion, debianSuite, kubernetesVersion } from "./versions";

const readScript = (name: string) => readFileSync(join(__dirname, name), "utf8");
const download = readScript("debian-snapshot.sh");
const index = readScript("index-repository.sh");
const pack = readScript("kubernetes-packages.sh");

const indexTools = ["apt-utils", "gpg", "gpg-agent"];

/** What the program's components, the lab's own services and a person at a host may install. */
const packages = [
  ...["haproxy", "keepalived", "socat"],
  ...["containerd", "runc", "conntrack", "ethtool", "ebtables", "iptables", "ipset", "containernetworking-plugins"],
  ...["docker.io", "bind9", "bind9-dnsutils", "nginx-light", "nodejs"],
  ...["apt-transport-https", "bsdextrautils", "gnupg", "jq", "nftables", "openssl"],
  ...["iputils-arping", "less", "lsof", "netcat-openbsd", "strace", "tcpdump", "vim-tiny"],
  ...indexTools,
];

/** Shell lines after which apt installs from the snapshot, which is mounted at /debian, in a container without a network. */
export const fromSnapshot = `export DEBIAN_FRONTEND=noninteractive
echo 'deb [trusted=yes] file:/debian ${debianSuite} main' >/etc/apt/sources.list.d/lab.list
apt-get -q update`;
export const aptInstall = "apt-get -q -y --no-install-recommends install";

/** Debian's packages, once downloaded: hosts install from here, each time the same and at once. */
export const debianSnapshot: Artefact = {
  name: "debian",
  from: [packages, baseImage, debianSuite, download, index],
  async make(folder, report) {
    const machine = mkdtempSync(join(tmpdir(), "kube-control-lab-apt-"));
    try {
      await writeAptSettings(machine);
      let fetched = 0;
      await inContainer({
        image: baseImage,
        script: `set -eu\n${download}\n${index}`,
        out: folder,
        folders: { "/machine": machine, ...certificates() },
        env: { PACKAGES: packages.join(" "), INDEX_TOOLS: indexTools.join(" "), SUITE: debianSuite, ORIGIN: "Debian" },
        report: (line) => report(line.startsWith("Get:") ? `${++fetched} files downloaded` : line),
      });
    } finally {
      rmSync(machine, { recursive: true, force: true });
    }
  },
};

/** This machine's way to Debian's mirror: its sources and its proxy. */
async function writeAptSettings(folder: string): Promise<void> {
  for (const [number, source] of debianSources().entries()) {
    if (existsSync(source)) copyFileSync(source, join(folder, basename(source)));
    else writeFileSync(join(folder, `debian-${number}.list`), `${source}\n`);
  }
  const { stdout } = await tryRun("apt-config", ["dump"]).catch(() => ({ stdout: "" }));
  const proxies = stdout.split("\n").filter((line) => /^Acquire::https?::.*Proxy/i.test(line));
  writeFileSync(join(folder, "apt.conf"), proxies.map((line) => `${line}\n`).join(""));
}

/** The certificates that this machine trusts, among them those of a proxy that opens TLS. */
function certificates(): Record<string, string> {
  const bundle = "/etc/ssl/certs/ca-certificates.crt";
  return existsSync(bundle) ? { [bundle]: bundle } : {};
}

function kubernetesRepository(place: Place): Artefact {
  const [programs, plugins] = [goArtefact(kubernetes), goArtefact(cniPlugins)];
  const env = { KUBERNETES_VERSION: kubernetesVersion, CNI_PLUGINS_VERSION: cniPluginsVersion };
  return {
    name: "kubernetes-packages",
    from: [[programs, plugins, debianSnapshot].map((one) => folderOf(place, one)), env, pack, index],
    async make(folder, report) {
      await inContainer({
        image: baseImage,
        script: `set -eu\n${fromSnapshot}\n${aptInstall} ${indexTools.join(" ")}\n${pack}\n${index}`,
        out: folder,
        folders: {
          "/kubernetes": await need(place, programs, report),
          "/cni-plugins": await need(place, plugins, report),
          "/debian": await need(place, debianSnapshot, report),
        },
        env: {
          ...env,
          KUBERNETES: "/kubernetes",
          CNI_PLUGINS: "/cni-plugins",
          OUT: "/out",
          SUITE: "",
          ORIGIN: "Kubernetes",
        },
        report,
      });
    },
  };
}

/** Folder of Debian's snapshot, downloaded first where the cache lacks it. */
export const needDebianSnapshot = (place: Place, report: Report) => need(place, debianSnapshot, report);

/** Folder of the repository of Kubernetes' packages, built first where the cache lacks it. */
export const needKubernetesRepository = (place: Place, report: Report) =>
  need(place, kubernetesRepository(place), report);
