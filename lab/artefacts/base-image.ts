import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { Place } from "../base/place";
import { run, tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { ensurePrograms } from "../machine/apt";
import { docker } from "../machine/docker";
import { contentsOf, hashOf, ensureArtefact } from "./artefact";

const hosts = join(__dirname, "../hosts");

/** A small Debian server: the packages of every host before the program changes it. */
const packages = [
  ...["systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "ca-certificates", "curl"],
  ...["iproute2", "iptables", "iputils-ping", "kmod", "netbase", "procps"],
];

const from = [packages, readFileSync(join(hosts, "base.sh"), "utf8"), contentsOf(join(hosts, "files"))];

/** The name of the base image in Docker. */
export const baseImage = ({ debian }: Place) => `kube-control-lab/base:${debian}-${hashOf(from)}`;

/** Whether Docker has an image. Its name holds a hash of its inputs, so an existing one is up to date. */
export async function hasImage(image: string): Promise<boolean> {
  return (await tryRun("docker", ["image", "inspect", image])).code === 0;
}

/** The Debian releases that this machine's package sources may name. */
const release = /\b(bullseye|bookworm|trixie|forky)\b/g;

/** Debian's suites that have no update suites. */
const withoutUpdates = ["sid", "experimental"];

/** Package sources with another release, in the one-line format or in deb822 format. */
function withRelease(text: string, debian: string): string {
  const named = text.replaceAll(release, debian);
  if (!withoutUpdates.includes(debian)) return named;
  const updates = new RegExp(` ${debian}-\\w+\\b`, "g");
  return named
    .replaceAll(new RegExp(`^deb.* ${debian}-\\w+ .*\\n`, "gm"), "")
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.replaceAll(updates, ""))
    .filter((paragraph) => !/^Suites:\s*$/m.test(paragraph))
    .join("\n\n");
}

/**
 * Writes package sources of a release into a folder: this machine's sources with that release, so that its mirror is used;
 * else deb.debian.org.
 *
 * @returns the files' paths
 */
export function writeDebianSources({ debian }: Pick<Place, "debian">, folder: string, apt = "/etc/apt"): string[] {
  const candidates = [
    join(apt, "sources.list"),
    ...(existsSync(join(apt, "sources.list.d")) ? readdirSync(join(apt, "sources.list.d")).sort() : [])
      .filter((name) => /\.(list|sources)$/.test(name))
      .map((name) => join(apt, "sources.list.d", name)),
  ].filter((file) => existsSync(file));
  const wanted = [/debian\.org|\/debian(-security)?\/?\s/, /\bmain\b/];
  const usable = candidates
    .map((file): [string, string] => [file, readFileSync(file, "utf8").replaceAll(/^\s*#.*\n/gm, "")])
    .filter(([, text]) => wanted.every((pattern) => pattern.test(text)) && text.search(release) >= 0);
  const sources = usable.length > 0 ? usable : [["debian.list", debianOwn] as const];
  return sources.map(([file, text], number) => {
    const path = join(folder, `debian-${number}${extname(file)}`);
    writeFileSync(path, withRelease(text, debian));
    return path;
  });
}

const debianOwn = `deb http://deb.debian.org/debian trixie main
deb http://deb.debian.org/debian trixie-updates main
deb http://deb.debian.org/debian-security trixie-security main
`;

/** Builds the hosts' base image if Docker does not have it. */
export async function ensureBaseImage(place: Place, report: Report): Promise<string> {
  const image = baseImage(place);
  if (await hasImage(image)) {
    return "exists";
  }
  const folder = await ensureArtefact(
    place,
    {
      name: `base-${place.debian}`,
      from,
      async make(made, tell) {
        await ensurePrograms({ mmdebstrap: "mmdebstrap" }, tell);
        const hook = `--customize-hook=sh ${join(hosts, "base.sh")} "$1" ${join(hosts, "files")}`;
        tell("resolving packages");
        let unpacked = 0;
        const options = ["--variant=minbase", `--include=${packages.join(",")}`, hook];
        const machine = mkdtempSync(join(tmpdir(), "kube-control-lab-sources-"));
        try {
          await run(
            "mmdebstrap",
            [...options, place.debian, join(made, "base.tar"), ...writeDebianSources(place, machine)],
            {
              remedy: "Is Debian's package mirror reachable (see /etc/apt/sources.list.d)?",
              onLine: (line) => {
                if (/^(Unpacking|Setting up) /.test(line)) unpacked++;
                tell(line.startsWith("I: ") ? line.slice(3) : `${unpacked} packages unpacked and set up`);
              },
            },
          );
        } finally {
          rmSync(machine, { recursive: true, force: true });
        }
      },
    },
    report,
  );
  report("importing into Docker");
  await docker(["import", "--change", 'CMD ["/usr/local/sbin/lab-init"]', join(folder, "base.tar"), image]);
  return "built";
}
