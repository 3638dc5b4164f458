import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, ensureArtefact } from "./artefact";
import { baseImage } from "./base-image";
import { inContainer, readScript } from "./container";
import { aptInstall, debianSnapshot, fromSnapshot, index, indexTools } from "./debian-snapshot";
import { goArtefact } from "./go";
import { online } from "./online";
import { cniPlugins, kubernetes } from "./programs";
import { ensureOfficial } from "./source";
import { cniPluginsVersion, kubernetesVersion } from "./versions";

const download = readScript("kubernetes-download.sh");
const pack = readScript("kubernetes-packages.sh");
const installIndexTools = `${aptInstall} ${indexTools.join(" ")}`;
/** A flat repository, like that of Kubernetes. */
const flat = { SUITE: "", ORIGIN: "Kubernetes" };

/** The official repository of a minor version of Kubernetes. */
const upstream = `https://pkgs.k8s.io/core:/stable:/v${kubernetesVersion.replace(/\.\d+$/, "")}/deb`;

/** The official packages of Kubernetes, in a repository that the lab signs. */
export function officialRepository(place: Place, url = upstream): Artefact {
  const env = { URL: url, KUBERNETES_VERSION: kubernetesVersion, ...flat };
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

function builtRepository(place: Place): Artefact {
  const [programs, plugins] = [goArtefact(kubernetes), goArtefact(cniPlugins)];
  const env = { KUBERNETES_VERSION: kubernetesVersion, CNI_PLUGINS_VERSION: cniPluginsVersion };
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

/** Returns the repository of Kubernetes' packages; downloads or builds it if it is not in the cache. */
export async function ensureKubernetesRepository(
  place: Place,
  report: Report,
): Promise<{ readonly folder: string; readonly from: "official" | "built" }> {
  const [official, built] = [officialRepository(place), builtRepository(place)];
  const offer = { what: `packages of Kubernetes ${kubernetesVersion}`, official, built: [built] };
  const folder = await ensureOfficial(place, offer, report);
  if (folder !== undefined) return { folder, from: "official" };
  const tell: Report = (detail) => report(`building from source: ${detail}`);
  return { folder: await ensureArtefact(place, built, tell), from: "built" };
}
