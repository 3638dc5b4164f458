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

/** The packages that the program's components, the lab's services and a person on a host may install. */
const packagesOf = ({ debian }: Place) => [
  ...["haproxy", "keepalived", "socat", "age"],
  ...["containerd", "runc", "conntrack", "ethtool", "ebtables", "iptables", "ipset", "containernetworking-plugins"],
  ...["docker.io", "bind9", "bind9-dnsutils", "nginx-light", "nodejs"],
  // in Debian 12, docker.io contains it
  ...(debian === "bookworm" ? [] : ["docker-cli"]),
  ...["apt-transport-https", "bsdextrautils", "gnupg", "jq", "nftables", "openssl"],
  ...["iputils-arping", "less", "lsof", "netcat-openbsd", "strace", "tcpdump", "vim-tiny"],
  // copies images into the lab's registry
  "skopeo",
  ...indexTools,
];

/** Shell lines that make apt install from the snapshot at /debian, in a container without a network. */
export const fromSnapshot = ({ debian }: Place) => `export DEBIAN_FRONTEND=noninteractive
echo 'deb [trusted=yes] file:/debian ${debian} main' >/etc/apt/sources.list.d/lab.list
apt-get -q update`;
export const aptInstall = "apt-get -q -y --no-install-recommends install";

/** Debian's packages, downloaded once. Hosts install from here: always the same versions, without internet. */
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

/** Returns the folder of Debian's snapshot; downloads it if it is not in the cache. */
export const ensureDebianSnapshot = (place: Place, report: Report) =>
  ensureArtefact(place, debianSnapshot(place), report);
