import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"; // prettier-ignore
import { join } from "node:path";
import { type Place, privateFolder } from "../base/place";
import type { Report } from "../base/progress";
import { type Artefact, ensureArtefact, folderOf, hashOf } from "./artefact";
import { baseImage } from "./base-image";
import { inContainer, readScript } from "./container";
import { aptInstall, debianSnapshot, ensureDebianSnapshot, fromSnapshot, index, indexTools } from "./debian-snapshot";
import { goArtefact } from "./go";
import { online } from "./online";
import { cniPlugins, kubernetes } from "./programs";
import { servedFolder } from "./served";
import { ensureOfficial } from "./source";
import { cniPluginsVersion, type Release } from "./versions";

const download = readScript("kubernetes-download.sh");
const pack = readScript("kubernetes-packages.sh");
const sign = readScript("sign-repository.sh");
const installIndexTools = `${aptInstall} ${indexTools.join(" ")}`;
/** A flat repository, like that of Kubernetes. */
const flat = { SUITE: "", ORIGIN: "Kubernetes" };

/** The official repository of a minor version of Kubernetes. */
const upstreamOf = (version: string) => `https://pkgs.k8s.io/core:/stable:/v${version.replace(/\.\d+$/, "")}/deb`;

/** The official packages of a version of Kubernetes, in a repository that the lab signs. */
export function officialRepository(place: Place, version: string, url = upstreamOf(version)): Artefact {
  const env = { URL: url, KUBERNETES_VERSION: version, ...flat };
  return {
    name: "kubernetes-packages-official",
    from: [env, download, index],
    make: async (folder, report) =>
      online(place, {
        script: `${fromSnapshot(place)}\n${download}\n${installIndexTools}\n${index}`,
        out: folder,
        folders: { "/debian": await ensureArtefact(place, debianSnapshot(place), report) },
        env,
        report,
      }),
  };
}

export function builtRepository(place: Place, version: string): Artefact {
  const [programs, plugins] = [goArtefact(kubernetes(version)), goArtefact(cniPlugins)];
  const env = { KUBERNETES_VERSION: version, CNI_PLUGINS_VERSION: cniPluginsVersion };
  return {
    name: "kubernetes-packages",
    from: [[programs, plugins, debianSnapshot(place)].map((one) => folderOf(place, one)), env, pack, index],
    async make(folder, report) {
      await inContainer({
        image: baseImage(place),
        script: `set -eu\n${fromSnapshot(place)}\n${installIndexTools}\n${pack}\n${index}`,
        out: folder,
        folders: {
          "/kubernetes": await ensureArtefact(place, programs, report),
          "/cni-plugins": await ensureArtefact(place, plugins, report),
          "/debian": await ensureArtefact(place, debianSnapshot(place), report),
        },
        env: { ...env, ...flat, KUBERNETES: "/kubernetes", CNI_PLUGINS: "/cni-plugins", OUT: "/out" },
        report,
      });
    },
  };
}

interface Packages {
  readonly folder: string;
  readonly from: "official" | "built";
}

/** Returns the repository of a version's packages; downloads or builds it if it is not in the cache. */
async function ensurePackages(place: Place, version: string, report: Report): Promise<Packages> {
  const [official, built] = [officialRepository(place, version), builtRepository(place, version)];
  const offer = { what: `packages of Kubernetes ${version}`, official, built: [built] };
  const folder = await ensureOfficial(place, offer, report);
  if (folder !== undefined) return { folder, from: "official" };
  const tell: Report = (detail) => report(`building from source: ${detail}`);
  return { folder: await ensureArtefact(place, built, tell), from: "built" };
}

/**
 * Returns the repository of Kubernetes' packages; downloads or builds what is not in the cache. The repository of one release is
 * in the cache. A lab that serves several releases, or once did, has its own one.
 */
export async function ensureKubernetesRepository(
  place: Place,
  releases: readonly Release[],
  report: Report,
): Promise<{ readonly folder: string; readonly from: string }> {
  const parts: Packages[] = [];
  const froms: string[] = [];
  for (const { kubernetes: version } of releases) {
    const tell: Report = (detail) => report(releases.length === 1 ? detail : `v${version}: ${detail}`);
    const part = await ensurePackages(place, version, tell);
    parts.push(part);
    froms.push(`v${version} ${part.from}`);
  }
  const [first] = parts;
  if (first !== undefined && parts.length === 1 && !existsSync(repositoryOf(place))) return first;
  const folders = parts.map(({ folder }) => folder);
  return { folder: await combineRepositories(place, folders, report), from: froms.join(", ") };
}

/** The lab's own repository. The container of the services mounts it, so that a change of its files takes effect at once. */
const repositoryOf = (place: Place) => join(servedFolder(place), "repository");

/**
 * Puts the packages of several repositories into the lab's own one, and signs it. The lab keeps its key until `down`. The result
 * is not an artefact: apt ignores an index that is older than the one it has, so each change needs a new date.
 */
export async function combineRepositories(place: Place, parts: readonly string[], report: Report): Promise<string> {
  const folder = repositoryOf(place);
  const home = servedFolder(place);
  const [mark, making, key] = [join(home, "parts"), join(home, "making"), join(home, "key")];
  const content = `${hashOf([parts, index, sign])}\n`;
  if (existsSync(mark) && readFileSync(mark, "utf8") === content) return folder;
  privateFolder(place.folder);
  privateFolder(home);
  privateFolder(key);
  rmSync(making, { recursive: true, force: true });
  // the web server reads the packages as another user
  process.umask(0o022);
  for (const made of [making, folder]) mkdirSync(made, { recursive: true });
  for (const part of parts) linkPackages(part, making);
  await inContainer({
    image: baseImage(place),
    script: `set -eu\n${fromSnapshot(place)}\n${installIndexTools}\n${index}\n${sign}`,
    out: making,
    folders: { "/debian": await ensureDebianSnapshot(place, report), "/key": key },
    env: flat,
    report,
  });
  const privateKey = join(making, "private.asc");
  if (existsSync(privateKey)) renameSync(privateKey, join(key, "private.asc"));
  rmSync(mark, { force: true });
  publish(making, folder);
  writeFileSync(mark, content);
  rmSync(making, { recursive: true });
  return folder;
}

/** Links the packages of a repository into a folder, or copies them. Equal packages have equal names. */
function linkPackages(from: string, to: string): void {
  for (const name of packagesIn(from).filter((one) => !existsSync(join(to, one)))) {
    try {
      linkSync(join(from, name), join(to, name));
    } catch {
      // e.g. another file system
      copyFileSync(join(from, name), join(to, name));
    }
  }
}

const packagesIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".deb"));

/** Replaces the files of a folder that hosts read: new packages come before the index, old packages are removed after it. */
function publish(from: string, to: string): void {
  const all = readdirSync(from);
  const packages = packagesIn(from);
  for (const name of [...packages, ...all.filter((one) => !packages.includes(one))]) {
    renameSync(join(from, name), join(to, name));
  }
  for (const name of readdirSync(to).filter((one) => !all.includes(one))) rmSync(join(to, name));
}
