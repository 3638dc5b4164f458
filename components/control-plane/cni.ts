import { readFileSync } from "node:fs";
import { UserError } from "../../host/error";

/** flannel's release whose manifest the first master fetches. */
const flannelRelease = "v0.28.4";

/** The pod network of a cluster. */
export interface CniArgs {
  /**
   * `flannel`: the manifest of a pinned release, fetched by a master from GitHub, with the pod subnet put in.
   * `manifest`: the user's own YAML file, applied as it is. `none`: nothing; nodes are not Ready until one is there.
   */
  readonly name: "flannel" | "none" | "manifest";
  /** Absolute path of the YAML file, with `manifest`. */
  readonly manifest?: string;
}

/** What is to be applied: a manifest's text, or where it is fetched; nothing without a pod network. */
export function podNetwork(args: CniArgs): { readonly manifest: string; readonly url: string } | undefined {
  switch (args.name) {
    case "none":
      return undefined;
    case "flannel":
      return {
        manifest: "",
        url: `https://github.com/flannel-io/flannel/releases/download/${flannelRelease}/kube-flannel.yml`,
      };
    case "manifest":
      return { manifest: readManifest(args.manifest), url: "" };
  }
}

function readManifest(path: string | undefined): string {
  if (path === undefined) {
    throw new UserError("names no file", "kubernetes.cni.manifest", "Give the path of the pod network's YAML file.");
  }
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${path} (${(error as Error).message})`, "kubernetes.cni.manifest");
  }
}
