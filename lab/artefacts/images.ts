import { join } from "node:path";
import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { type Artefact, folderOf, need } from "./artefact";
import { goArtefact, type GoPrograms } from "./go";
import { commonEntries, type ImageConfig, writeImage } from "./image";
import { baseImage } from "./base-image";
import { iptablesRoot } from "./iptables-root";
import { agent, coreDns, echo, etcd, hostRoutes, kubernetes, pause } from "./programs";
import type { NamedImage } from "./registry";
import { foldersAbove, treeEntries, type TarEntry } from "./tar";
import { coreDnsVersion, etcdVersion, kubernetesVersion, pauseVersion } from "./versions";

interface ImageRecipe {
  readonly repository: string;
  readonly tag: string;
  readonly programs: GoPrograms;
  /** Path in the image → program of {@link programs}. */
  readonly files: Readonly<Record<string, string>>;
  /** Further entries, e.g. folders that the program writes to. */
  readonly entries?: readonly TarEntry[];
  /** The program calls `iptables`: the image holds it. */
  readonly iptables?: boolean;
  readonly config?: ImageConfig;
}

const controlPlane = (name: string): ImageRecipe => ({
  repository: name,
  tag: `v${kubernetesVersion}`,
  programs: kubernetes,
  files: { [`usr/local/bin/${name}`]: name },
});

/** Everything that hosts pull: kubeadm's images under its own names, the pod network, and the agent's stand-in. */
const recipes: readonly ImageRecipe[] = [
  controlPlane("kube-apiserver"),
  controlPlane("kube-controller-manager"),
  controlPlane("kube-scheduler"),
  { ...controlPlane("kube-proxy"), iptables: true },
  {
    repository: "etcd",
    tag: `${etcdVersion}-0`,
    programs: etcd,
    files: { "usr/local/bin/etcd": "etcd", "usr/local/bin/etcdctl": "etcdctl" },
  },
  {
    repository: "coredns/coredns",
    tag: `v${coreDnsVersion}`,
    programs: coreDns,
    files: { coredns: "coredns" },
    config: { Entrypoint: ["/coredns"] },
  },
  {
    repository: "pause",
    tag: pauseVersion,
    programs: pause,
    files: { pause: "pause" },
    config: { Entrypoint: ["/pause"] },
  },
  {
    repository: "kube-control-lab/host-routes",
    tag: "1",
    programs: hostRoutes,
    files: { "host-routes": "host-routes" },
    iptables: true,
    config: { Entrypoint: ["/host-routes"] },
  },
  {
    repository: "kube-control-lab/echo",
    tag: "1",
    programs: echo,
    files: { echo: "echo" },
    config: { Entrypoint: ["/echo"] },
  },
  {
    repository: "datadog/agent",
    tag: "7",
    programs: agent,
    files: { init: "agent" },
    entries: [
      { path: "conf.d", folder: true },
      { path: "etc/datadog-agent", folder: true },
      { path: "etc/datadog-agent/conf.d", folder: true },
      { path: "opt", folder: true },
      { path: "opt/datadog-agent", folder: true },
      { path: "opt/datadog-agent/bin", folder: true },
      { path: "opt/datadog-agent/bin/agent", folder: true },
      { path: "opt/datadog-agent/bin/agent/agent", link: "/init" },
      { path: "usr", folder: true },
      { path: "usr/bin", folder: true },
      { path: "usr/bin/agent", link: "/init" },
    ],
    config: {
      Entrypoint: ["/init"],
      Env: ["PATH=/opt/datadog-agent/bin/agent/:/usr/bin:/bin", "DOCKER_DD_AGENT=true"],
      ExposedPorts: { "8125/udp": {}, "8126/tcp": {} },
      Healthcheck: { Test: ["CMD", "/usr/bin/agent", "health"], Interval: 30e9, StartPeriod: 5e9 },
    },
  },
];

export const imageCount = recipes.length;

/** Builds all images that the cache lacks, and what goes into them. */
export async function needImages(place: Place, report: Report): Promise<NamedImage[]> {
  const images: NamedImage[] = [];
  for (const [index, recipe] of recipes.entries()) {
    const tell: Report = (detail) => report(`${recipe.repository} (${index + 1}/${recipes.length}): ${detail}`);
    const folder = await need(place, imageArtefact(place, recipe), tell);
    images.push({ repository: recipe.repository, tag: recipe.tag, folder });
  }
  return images;
}

function imageArtefact(place: Place, recipe: ImageRecipe): Artefact {
  const { repository, tag, programs, files, entries = [], iptables = false, config = {} } = recipe;
  const program = goArtefact(programs);
  const userland = iptablesRoot(baseImage);
  return {
    name: `image-${repository.replaceAll("/", "-")}-${tag}`,
    from: [
      folderOf(place, program),
      files,
      entries,
      config,
      commonEntries,
      ...(iptables ? [folderOf(place, userland)] : []),
    ],
    async make(folder, report) {
      const from = await need(place, program, report);
      const layer = Object.entries(files).flatMap(([path, name]): TarEntry[] => [
        ...foldersAbove(path),
        { path, file: join(from, name), mode: 0o755 },
      ]);
      const below = iptables ? [treeEntries(await need(place, userland, report))] : [];
      report("writing the image");
      await writeImage(folder, [...below, [...commonEntries, ...entries, ...layer]], config);
    },
  };
}
