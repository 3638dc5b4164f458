import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

/** The release of flannel whose manifest a master fetches, and the SHA-256 of that file. */
const flannel = {
  release: "v0.28.4",
  sha256: "d078019743c5e0194ce965125fc80ef00af0c1661ec9e12396311f1cfec860a2",
};

/** The pod networks. */
// A constant and a type with the same name, because Pulumi's component analyzer does not accept a union of literals.
export const CniName = {
  /**
   * A pinned release of flannel. A master fetches its manifest from GitHub, and sets the pod subnet and each node's
   * interface in it.
   */
  flannel: "flannel",
  /** No pod network. Nodes do not become Ready until another program installs one. */
  none: "none",
  /** The user's own YAML file, applied unchanged. */
  manifest: "manifest",
} as const;
export type CniName = (typeof CniName)[keyof typeof CniName];

/** The pod network of a cluster. */
export interface CniArgs {
  /** The pod network to install. */
  readonly name: CniName;
  /** Absolute path of the YAML file. Required with the name `manifest`, refused with other names. */
  readonly manifest?: string;
}

/** The manifest to apply: its text, or where a master fetches it. */
export interface PodNetwork {
  /** The manifest's text; empty if it is fetched. */
  readonly manifest: string;
  /** URL of the manifest, and the SHA-256 that the fetched file must have; empty if the text is given. */
  readonly url: string;
  readonly sha256: string;
  /** The values of the Secrets in the manifest, in every form in which kubectl may print them. */
  readonly secretValues: readonly string[];
}

/** The manifest to apply; undefined without a pod network. Expects arguments that refusals.ts has checked. */
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

/** The object itself and, if it is a List, the objects in it. */
function objectsIn(value: unknown): KubernetesObject[] {
  if (typeof value !== "object" || value === null) {
    return [];
  }
  const { items } = value as KubernetesObject;
  return [value, ...(Array.isArray(items) ? items.flatMap(objectsIn) : [])];
}

const textsIn = (fields: unknown): string[] =>
  Object.values(fields ?? {}).flatMap((value) => (typeof value === "string" && value !== "" ? [value] : []));
