import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { whyUnreadable } from "../../host/readable-file";
import { argumentName, type NameOf, type Refusal } from "../../host/refusal";
import { isValidity } from "./certificate-validity";
import type { CniArgs } from "./cni";
import { type CheckedComponents, componentRefusals } from "./component-refusals";
import { defaults } from "./defaults";

/** The arguments to check. An argument that is omitted is not checked. */
export interface CheckedArgs extends CheckedComponents {
  readonly nodes?: readonly unknown[];
  readonly cni?: CniArgs;
  readonly certificateValidity?: string;
}

/** Mistakes in a control plane's arguments. Reads the files that they name. */
export function refusals(
  { nodes, cni, certificateValidity, ...components }: CheckedArgs,
  nameOf: NameOf = argumentName,
): Refusal[] {
  const all: Refusal[] = [];
  if (nodes?.length === 0) {
    all.push({
      path: ["nodes"],
      what: "has no control plane node",
      remedy: "List the masters (name and address): three, so that the cluster survives the loss of one.",
    });
  }
  if (certificateValidity !== undefined && !isValidity(certificateValidity)) {
    all.push({
      path: ["certificateValidity"],
      what: "is not a duration from 30m to 87600h",
      remedy: `Set it to whole hours or minutes, e.g. ${defaults.certificateValidity}.`,
    });
  }
  const why = cni === undefined ? undefined : manifestMistake(cni, nameOf);
  const ofManifest = why === undefined ? [] : [{ path: ["cni", "manifest"], ...why }];
  return [...all, ...ofManifest, ...componentRefusals(components, nameOf)];
}

function manifestMistake({ name, manifest }: CniArgs, nameOf: NameOf): Omit<Refusal, "path"> | undefined {
  const itsName = nameOf(["cni", "name"]);
  if (name !== "manifest") {
    return manifest === undefined
      ? undefined
      : { what: `is given, but ${itsName} is ${name}`, remedy: "Choose the name `manifest`, or remove the file." };
  }
  const what = manifest === undefined ? `is missing: ${itsName} is manifest` : whyNoManifest(manifest);
  return what === undefined
    ? undefined
    : { what, remedy: "Set it to the path of the pod network's manifest, e.g. lab/cni/manifest.yaml." };
}

/** Why `kubectl apply` would not accept a file as a manifest; undefined if it would. */
function whyNoManifest(path: string): string | undefined {
  const unreadable = whyUnreadable(path);
  if (unreadable !== undefined) {
    return unreadable;
  }
  const documents = parseAllDocuments(readFileSync(path, "utf8"));
  if (!Array.isArray(documents) || documents.length === 0) {
    return "is empty";
  }
  const error = documents.flatMap((document) => document.errors)[0];
  if (error !== undefined) {
    return `is not valid YAML: ${error.message.split("\n")[0]?.replace(/:$/, "")}`;
  }
  const objects = documents.map((document) => document.toJS() as unknown).filter((object) => object !== null);
  const odd = objects.findIndex(
    (object) => typeof object !== "object" || !("kind" in object) || !("apiVersion" in object),
  );
  return odd < 0 ? undefined : `has a document (number ${odd + 1}) without apiVersion and kind`;
}
