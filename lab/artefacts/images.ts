import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, ensureArtefact } from "./artefact";
import { baseImage } from "./base-image";
import { inContainer, readScript } from "./container";
import { goArtefact, type GoPrograms } from "./go";
import { type ImageConfig, writeImage } from "./image";
import { officialImages } from "./official-images";
import { agent, coreDns, echo, etcd, hostRoutes, kubernetes, pause } from "./programs";
import { ensureOfficial, type Offer } from "./source";
import { tarBuffer, type TarEntry } from "./tar";
import { kubernetesVersion, type Release } from "./versions";

interface ImageRecipe {
  readonly repository: string;
  readonly tag: string;
  readonly programs: GoPrograms;
  /** Path in the image → program of {@link programs}. The first one is the entrypoint. */
  readonly files: Readonly<Record<string, string>>;
  /** Further entries of the archive, e.g. folders that the program writes to. */
  readonly entries?: readonly TarEntry[];
  /** The program calls `iptables`, so the image contains it. */
  readonly iptables?: boolean;
  readonly config?: ImageConfig;
}

const controlPlane = (name: string, version: string): ImageRecipe => ({
  repository: name,
  tag: `v${version}`,
  programs: kubernetes(version),
  files: { [`usr/local/bin/${name}`]: name },
});

/** An image with one program in its root folder. */
const single = (repository: string, tag: string, programs: GoPrograms): ImageRecipe => ({
  repository,
  tag,
  programs,
  files: Object.fromEntries(Object.keys(programs.programs).map((name) => [name, name])),
});

/** The images that the kubeadm of a release pulls, under its names. */
const kubernetesImages = (release: Release): readonly ImageRecipe[] => [
  controlPlane("kube-apiserver", release.kubernetes),
  controlPlane("kube-controller-manager", release.kubernetes),
  controlPlane("kube-scheduler", release.kubernetes),
  { ...controlPlane("kube-proxy", release.kubernetes), iptables: true },
  {
    repository: "etcd",
    tag: `${release.etcd}-0`,
    programs: etcd(release.etcd),
    files: Object.fromEntries(["etcd", "etcdctl", "etcdutl"].map((name) => [`usr/local/bin/${name}`, name])),
  },
  single("coredns/coredns", `v${release.coreDns}`, coreDns(release.coreDns)),
  single("pause", release.pause, pause),
];

const agentImage: ImageRecipe = {
  repository: "datadog/agent",
  tag: "7",
  programs: agent,
  files: { init: "agent" },
  // paths and configuration as in the vendor's image
  entries: [
    { path: "conf.d", folder: true },
    { path: "etc/datadog-agent/conf.d", folder: true },
    { path: "opt/datadog-agent/bin/agent/agent", link: "/init" },
    { path: "usr/bin/agent", link: "/init" },
  ],
  config: {
    Env: ["PATH=/opt/datadog-agent/bin/agent/:/usr/bin:/bin", "DOCKER_DD_AGENT=true"],
    ExposedPorts: { "8125/udp": {}, "8126/tcp": {} },
    Healthcheck: { Test: ["CMD", "/usr/bin/agent", "health"], Interval: 30e9, StartPeriod: 5e9 },
  },
};

/** The pod network, and the program that tests it. */
const podNetworkImages: readonly ImageRecipe[] = [
  { ...single("kube-control-lab/host-routes", "1", hostRoutes), iptables: true },
  single("kube-control-lab/echo", "1", echo),
];

interface ImageGroup {
  readonly what: string;
  /** The registry of the official images. */
  readonly registry?: string;
  readonly recipes: readonly ImageRecipe[];
  /** What the lab's own images are. */
  readonly otherwise: "built" | "stand-in";
}

/**
 * All images that hosts pull, those of the default release before those of the others. The images of a group are either all
 * official or all built here.
 */
export const groupsOf = (releases: readonly Release[]): readonly ImageGroup[] => [
  ...inOrder(releases).map((release) => ({
    what: release.kubernetes === kubernetesVersion ? "Kubernetes" : `Kubernetes v${release.kubernetes}`,
    registry: "https://registry.k8s.io",
    recipes: kubernetesImages(release),
    otherwise: "built" as const,
  })),
  { what: "agent", registry: "https://registry-1.docker.io", recipes: [agentImage], otherwise: "stand-in" },
  { what: "pod network", recipes: podNetworkImages, otherwise: "built" },
];

/** The default release, whose folders are then the first of each repository, and the others, newest first. */
const inOrder = (releases: readonly Release[]) =>
  [true, false].flatMap((isDefault) =>
    [...releases].reverse().filter(({ kubernetes: version }) => (version === kubernetesVersion) === isDefault),
  );

/** Files that programs expect in any image. */
const commonEntries: readonly TarEntry[] = [
  { path: "etc/group", content: "root:x:0:\nnobody:x:65534:\n" },
  { path: "etc/nsswitch.conf", content: "hosts: files dns\n" },
  { path: "etc/passwd", content: "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534::/:/sbin/nologin\n" },
  { path: "run", folder: true },
  { path: "tmp", folder: true, mode: 0o1777 },
  { path: "var", folder: true },
];

const iptablesScript = readScript("iptables-root.sh");

/** The iptables programs and their libraries, copied from the hosts' base image. */
const iptablesRoot = (place: Place): Artefact => ({
  name: "iptables-root",
  from: [iptablesScript, baseImage(place)],
  make: (folder, report) => inContainer({ image: baseImage(place), script: iptablesScript, out: folder, report }),
});

interface Images {
  /** Repository → folders of {@link writeImage}. Several, if the releases have different tags. */
  readonly folders: Readonly<Record<string, readonly string[]>>;
  /** Which images are official. */
  readonly from: string;
}

/** Downloads or builds the images that are not in the cache. */
export async function ensureImages(place: Place, releases: readonly Release[], report: Report): Promise<Images> {
  const folders: Record<string, string[]> = {};
  const from: string[] = [];
  for (const { what, registry, recipes, otherwise } of groupsOf(releases)) {
    const official = registry && (await ensureOfficial(place, offer(place, registry, recipes), report));
    for (const [index, recipe] of recipes.entries()) {
      const { repository, tag } = recipe;
      const tell: Report = (detail) => report(`${repository}:${tag} (${index + 1}/${recipes.length}): ${detail}`);
      const folder = official
        ? join(official, repository)
        : await ensureArtefact(place, imageArtefact(place, recipe), tell);
      const others = (folders[repository] ??= []);
      if (!others.includes(folder)) others.push(folder);
    }
    from.push(`${what} ${official ? "official" : otherwise}`);
  }
  return { folders, from: from.join(", ") };
}

const offer = (place: Place, registry: string, recipes: readonly ImageRecipe[]): Offer => ({
  what: `images of ${registry}`,
  official: officialImages(place, registry, recipes),
  built: recipes.map((recipe) => imageArtefact(place, recipe)),
});

export function imageArtefact(place: Place, recipe: ImageRecipe): Artefact {
  const { repository, tag, programs, files, entries = [], iptables = false } = recipe;
  const program = goArtefact(programs);
  const config = {
    Entrypoint: Object.keys(files)
      .slice(0, 1)
      .map((path) => `/${path}`),
    ...recipe.config,
  };
  return {
    name: `repository-${repository.replaceAll("/", "-")}-${tag}`,
    from: [
      folderOf(place, program),
      files,
      entries,
      config,
      commonEntries,
      iptables && folderOf(place, iptablesRoot(place)),
    ],
    async make(folder, report) {
      const from = await ensureArtefact(place, program, report);
      const binaries = Object.entries(files).map(([path, name]) => ({ path, file: join(from, name), mode: 0o755 }));
      const layers = [await tarBuffer(withFolders([...commonEntries, ...entries, ...binaries]))];
      if (iptables)
        layers.unshift(await readFile(join(await ensureArtefact(place, iptablesRoot(place), report), "root.tar")));
      report("writing the image");
      await writeImage(folder, tag, layers, config);
    },
  };
}

/** The entries with their parent folders, each folder before its content. */
export function withFolders(entries: readonly TarEntry[]): TarEntry[] {
  const all = new Map<string, TarEntry>();
  for (const entry of entries) {
    const names = entry.path.split("/");
    for (let depth = 1; depth < names.length; depth++) {
      const path = names.slice(0, depth).join("/");
      if (!all.has(path)) all.set(path, { path, folder: true });
    }
    all.set(entry.path, entry);
  }
  return [...all.values()];
}
