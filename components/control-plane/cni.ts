import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

/** flannel's release whose manifest the first master fetches, and the SHA-256 of that file. */
const flannel = {
  release: "v0.28.4",
  sha256: "d078019743c5e0194ce965125fc80ef00af0c1661ec9e12396311f1cfec860a2",
};

/** The pod networks. */
// a constant beside the type, as Pulumi's analyzer takes a list of values
export const CniName = {
  /** The manifest of a pinned release, fetched by a master from GitHub, with pod subnet and the interface of each node put in. */
  flannel: "flannel",
  /** Nothing; nodes are not Ready until a pod network is there. */
  none: "none",
  /** The user's own YAML file, applied as it is. */
  manifest: "manifest",
} as const;
export type CniName = (typeof CniName)[keyof typeof CniName];

/** The pod network of a cluster. */
export interface CniArgs {
  /** Which one. */
  readonly name: CniName;
  /** Absolute path of the YAML file, with `manifest`. */
  readonly manifest?: string;
}

/** What is to be applied. */
export interface PodNetwork {
  /** The manifest's text; empty where it is fetched. */
  readonly manifest: string;
  /** Where it is fetched, and the SHA-256 that the file has to have; empty where the text is given. */
  readonly url: string;
  readonly sha256: string;
  /** The values of the Secrets in the manifest, in each form in which kubectl may print them. */
  readonly secretValues: readonly string[];
}

/** What is to be applied; nothing without a pod network. The arguments were checked (refusals.ts). */
export function podNetwork(args: CniArgs): PodNetwork | undefined {
  switch (args.name) {
    case "none":
      return undefined;
    case "flannel":
      return {
        manifest: "",
        url: `https://github.com/flannel-io/flannel/releases/download/${flannel.release}/kube-flannel.yml`,
        sha256: flannel.sha256,
        secretValues: [],
      };
    case "manifest": {
      const manifest = readFileSync(args.manifest ?? "", "utf8");
      return { manifest, url: "", sha256: "", secretValues: secretValuesOf(manifest) };
    }
  }
}

interface KubernetesObject {
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly data?: unknown;
  readonly stringData?: unknown;
}

function secretValuesOf(manifest: string): string[] {
  const documents = parseAllDocuments(manifest);
  const objects = documents.flatMap((document) => objectsIn(document.toJS()));
  const values = objects
    .filter(({ kind }) => kind === "Secret")
    .flatMap(({ data, stringData }) => [
      ...textsIn(data),
      ...textsIn(stringData).flatMap((text) => [
        text,
        JSON.stringify(text).slice(1, -1),
        Buffer.from(text).toString("base64"),
      ]),
    ]);
  return [...new Set(values)];
}

/** An object, and those of a List. */
function objectsIn(value: unknown): KubernetesObject[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const { items } = value as KubernetesObject;
  return [value, ...(Array.isArray(items) ? items.flatMap(objectsIn) : [])];
}

const textsIn = (fields: unknown): string[] =>
  Object.values(fields ?? {}).flatMap((value) => (typeof value === "string" && value !== "" ? [value] : []));
