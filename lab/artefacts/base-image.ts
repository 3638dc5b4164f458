import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../base/place";
import { run, tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { needPrograms } from "../machine/apt";
import { docker } from "../machine/docker";
import { contentsOf, hashOf, need } from "./artefact";
import { debianSuite } from "./versions";

const hosts = join(__dirname, "../hosts");

/** A small Debian server: what is on every host before the program touches it. */
const packages = [
  ...["systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "ca-certificates", "curl"],
  ...["iproute2", "iptables", "iputils-ping", "kmod", "netbase", "procps"],
];

const from = [debianSuite, packages, readFileSync(join(hosts, "base.sh"), "utf8"), contentsOf(join(hosts, "files"))];

/** Docker's name of the base image. */
export const baseImage = `kube-control-lab/base:${hashOf(from)}`;

/** Where Docker has an image, under a name that says what it was made from, it need not be made again. */
export async function hasImage(image: string): Promise<boolean> {
  return (await tryRun("docker", ["image", "inspect", image])).code === 0;
}

/** Debian's package sources on this machine, so that its mirror is used; else Debian's own. */
export function debianSources(folder = "/etc/apt"): string[] {
  const candidates = [
    join(folder, "sources.list"),
    ...(existsSync(join(folder, "sources.list.d")) ? readdirSync(join(folder, "sources.list.d")).sort() : [])
      .filter((name) => /\.(list|sources)$/.test(name))
      .map((name) => join(folder, "sources.list.d", name)),
  ];
  const wanted = [/debian\.org|\/debian(-security)?\/?\s/, new RegExp(`\\b${debianSuite}(-\\w+)?\\b`), /\bmain\b/];
  const usable = candidates.filter((file) => {
    const text = existsSync(file) ? readFileSync(file, "utf8").replaceAll(/^\s*#.*$/gm, "") : "";
    return wanted.every((pattern) => pattern.test(text));
  });
  if (usable.length > 0) {
    return usable;
  }
  return [
    `deb http://deb.debian.org/debian ${debianSuite} main`,
    `deb http://deb.debian.org/debian ${debianSuite}-updates main`,
    `deb http://deb.debian.org/debian-security ${debianSuite}-security main`,
  ];
}

/** Builds the hosts' base image where Docker lacks it. */
export async function needBaseImage(place: Place, report: Report): Promise<string> {
  if (await hasImage(baseImage)) {
    return "there already";
  }
  const folder = await need(
    place,
    {
      name: "base",
      from,
      async make(made, tell) {
        await needPrograms({ mmdebstrap: "mmdebstrap" }, tell);
        const hook = `--customize-hook=sh ${join(hosts, "base.sh")} "$1" ${join(hosts, "files")}`;
        tell("choosing packages");
        let unpacked = 0;
        const options = ["--variant=minbase", `--include=${packages.join(",")}`, hook];
        await run("mmdebstrap", [...options, debianSuite, join(made, "base.tar"), ...debianSources()], {
          todo: "Is Debian's package mirror reachable (see /etc/apt/sources.list.d)?",
          onLine: (line) => {
            if (/^(Unpacking|Setting up) /.test(line)) unpacked++;
            tell(line.startsWith("I: ") ? line.slice(3) : `${unpacked} packages unpacked and set up`);
          },
        });
      },
    },
    report,
  );
  report("handing it to Docker");
  await docker(["import", "--change", 'CMD ["/usr/local/sbin/lab-init"]', join(folder, "base.tar"), baseImage]);
  return "made";
}
