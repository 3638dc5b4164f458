import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { type Artefact, ensureArtefact } from "./artefact";
import { baseImage } from "./base-image";
import { readScript } from "./container";
import { online } from "./online";

const download = readScript("debian-snapshot.sh");
/** Indexes and signs a package repository. */
export const index = readScript("index-repository.sh");
export const indexTools = ["apt-utils", "gpg", "gpg-agent"];

/** What the program's components, the lab's own services and a person at a host may install. */
const packagesOf = ({ debian }: Place) => [
  ...["haproxy", "keepalived", "socat"],
  ...["containerd", "runc", "conntrack", "ethtool", "ebtables", "iptables", "ipset", "containernetworking-plugins"],
  ...["docker.io", "bind9", "bind9-dnsutils", "nginx-light", "nodejs"],
  // in Debian 12 it is part of docker.io
  ...(debian === "bookworm" ? [] : ["docker-cli"]),
  ...["apt-transport-https", "bsdextrautils", "gnupg", "jq", "nftables", "openssl"],
  ...["iputils-arping", "less", "lsof", "netcat-openbsd", "strace", "tcpdump", "vim-tiny"],
  // copies images into the lab's registry
  "skopeo",
  ...indexTools,
];

/** Shell lines after which apt installs from the snapshot, which is mounted at /debian, in a container without a network. */
export const fromSnapshot = ({ debian }: Place) => `export DEBIAN_FRONTEND=noninteractive
echo 'deb [trusted=yes] file:/debian ${debian} main' >/etc/apt/sources.list.d/lab.list
apt-get -q update`;
export const aptInstall = "apt-get -q -y --no-install-recommends install";

/** Debian's packages, once downloaded: hosts install from here, each time the same and at once. */
export const debianSnapshot = (place: Place): Artefact => ({
  name: `debian-${place.debian}`,
  from: [packagesOf(place), baseImage(place), download, index],
  async make(folder, report) {
    let fetched = 0;
    await online(place, {
      script: `${download}\n${index}`,
      out: folder,
      env: {
        PACKAGES: packagesOf(place).join(" "),
        INDEX_TOOLS: indexTools.join(" "),
        SUITE: place.debian,
        ORIGIN: "Debian",
      },
      report: (line) => report(line.startsWith("Get:") ? `${++fetched} files downloaded` : line),
    });
  },
});

/** Folder of Debian's snapshot, downloaded first where the cache lacks it. */
export const ensureDebianSnapshot = (place: Place, report: Report) =>
  ensureArtefact(place, debianSnapshot(place), report);
