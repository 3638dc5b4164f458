import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, need } from "./artefact";
import { baseImage, debianSources } from "./base-image";
import { inContainer } from "./container";
import { debFileName, writeDeb } from "./deb";
import { goArtefact } from "./go";
import { kubernetesDebs } from "./kubernetes-debs";
import { cniPlugins, kubernetes } from "./programs";
import { debianSuite } from "./versions";

const readScript = (name: string) => readFileSync(join(__dirname, name), "utf8");
const download = readScript("debian-snapshot.sh");
const index = readScript("index-repository.sh");

const indexTools = ["apt-utils", "gpg", "gpg-agent"];

/** What the program's components, the lab's own services and a person at a host may install. */
const packages = [
  ...["haproxy", "keepalived", "socat"],
  ...["containerd", "runc", "conntrack", "ethtool", "ebtables", "iptables", "ipset", "containernetworking-plugins"],
  ...["docker.io", "bind9", "bind9-dnsutils", "docker-registry", "nginx-light", "nodejs"],
  ...["apt-transport-https", "bsdextrautils", "gnupg", "jq", "nftables", "openssl"],
  // what Ansible, which lab/bench/ compares with, wants of a host
  ...["python3", "python3-apt"],
  ...["iputils-arping", "less", "lsof", "netcat-openbsd", "strace", "tcpdump", "vim-tiny"],
  ...indexTools,
];

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
  mkdirSync(folder, { recursive: true });
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
  const programs = [goArtefact(kubernetes), goArtefact(cniPlugins)] as const;
  return {
    name: "kubernetes-packages",
    from: [
      programs.map((program) => folderOf(place, program)),
      kubernetesDebs("", ""),
      folderOf(place, debianSnapshot),
      index,
    ],
    async make(folder, report) {
      const [kube, cni] = [await need(place, programs[0], report), await need(place, programs[1], report)];
      for (const deb of kubernetesDebs(kube, cni)) {
        report(`packing ${deb.name}`);
        await writeDeb(deb, join(folder, debFileName(deb)));
      }
      const source = `deb [trusted=yes] file:/debian ${debianSuite} main`;
      const tools =
        `echo '${source}' >/etc/apt/sources.list.d/lab.list; apt-get -q update; ` +
        `DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install ${indexTools.join(" ")}`;
      await inContainer({
        image: baseImage,
        script: `set -eu\n${tools}\n${index}`,
        out: folder,
        folders: { "/debian": await need(place, debianSnapshot, report) },
        env: { SUITE: "", ORIGIN: "Kubernetes" },
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
