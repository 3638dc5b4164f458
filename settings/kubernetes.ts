import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { defaultVersion, minorOf } from "../components/control-plane";
import { checkDecidedFields } from "./decided-fields";
import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";
import { absolutePath, whyUnreadable } from "./paths";
import type { KubernetesSettings, RepositorySettings, StackConfiguration } from "./schema";

/** kubeadm's v1beta4 configuration, which the control plane is described in, begins with this minor version. */
const oldestMinor = 31;

function checkVersion(draft: Draft): Mistake[] {
  const version = draft.text("kubernetes", "version") ?? defaultVersion;
  const minor = minorOf(version);
  if (minor === undefined) {
    return [];
  }
  if (minor < oldestMinor) {
    return [
      {
        key: keyOf(["kubernetes", "version"]),
        value: version,
        what: `is too old: kubeadm's configuration v1beta4 begins with v1.${oldestMinor}`,
        remedy: `Choose v1.${oldestMinor}.0 or newer.`,
      },
    ];
  }
  const url = draft.text("kubernetes", "repository", "url");
  const published = /\/v1\.(\d+)\//.exec(url ?? "")?.[1];
  return published === undefined || Number(published) === minor
    ? []
    : [
        {
          key: keyOf(["kubernetes", "repository", "url"]),
          value: url,
          what: `holds the packages of v1.${published}, not those of ${version}`,
          remedy: `Give the repository of v1.${minor}, or leave it out for pkgs.k8s.io's.`,
        },
      ];
}

function checkRepository(draft: Draft): Mistake[] {
  const has = (name: string) => draft.value("kubernetes", "repository", name) !== undefined;
  const mistake = (what: string, remedy: string) => [{ key: keyOf(["kubernetes", "repository"]), what, remedy }];
  if (has("key") && has("keyUrl")) {
    return mistake("has both key and keyUrl", "Keep one: the key's text, or where hosts fetch it.");
  }
  return has("key") && has("keyFingerprint")
    ? mistake(
        "has both key and keyFingerprint",
        "Keep one: a key that is given as text is not fetched, so it needs no check.",
      )
    : [];
}

/** Why a file is no manifest that `kubectl apply` takes, or undefined where it is one. */
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

function checkCni(draft: Draft): Mistake[] {
  const name = draft.text("kubernetes", "cni", "name") ?? "flannel";
  const manifest = draft.text("kubernetes", "cni", "manifest");
  const key = keyOf(["kubernetes", "cni", "manifest"]);
  const example = "Name a file with the pod network's manifest, e.g. lab/cni/manifest.yaml.";
  if (name !== "manifest") {
    return manifest === undefined
      ? []
      : [
          {
            key,
            value: manifest,
            what: `is given, but kube-control:kubernetes.cni.name is ${name}`,
            remedy: "Choose the name `manifest`, or take the file out.",
          },
        ];
  }
  if (manifest === undefined) {
    return [{ key, what: "is missing: kube-control:kubernetes.cni.name is manifest", remedy: example }];
  }
  const why = whyNoManifest(absolutePath(manifest));
  return why === undefined ? [] : [{ key, value: manifest, what: why, remedy: example }];
}

function checkMirrors(draft: Draft): Mistake[] {
  const mirrors = draft.value("kubernetes", "containerd", "mirrors");
  return typeof mirrors !== "object" || mirrors === null
    ? []
    : Object.keys(mirrors)
        .filter((registry) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(registry))
        .map((registry) => ({
          key: keyOf(["kubernetes", "containerd", "mirrors", registry]),
          what: "is not a registry's name",
          remedy: "Write host and port as they begin an image's name, e.g. registry.k8s.io.",
        }));
}

/** Mistakes of the Kubernetes section beyond each setting's own form. */
export function checkKubernetes(draft: Draft): Mistake[] {
  return [checkVersion, checkRepository, checkCni, checkMirrors, checkDecidedFields].flatMap((check) => check(draft));
}

/** The key of all repositories at pkgs.k8s.io ("isv:kubernetes OBS Project"). Its owner has extended it, never changed it. */
const officialKey = { host: "pkgs.k8s.io", fingerprint: "DE15B14486CD377B9E876E1A234654DA9A296436" };

function repositoryOf({ version, repository }: StackConfiguration["kubernetes"]): RepositorySettings {
  const url = repository.url ?? `https://${officialKey.host}/core:/stable:/v1.${minorOf(version)}/deb/`;
  if (repository.key !== undefined) {
    return { url, key: repository.key };
  }
  const keyUrl = repository.keyUrl ?? new URL("Release.key", url.endsWith("/") ? url : `${url}/`).href;
  const isOfficial = new URL(keyUrl).host === officialKey.host;
  const keyFingerprint = repository.keyFingerprint ?? (isOfficial ? officialKey.fingerprint : undefined);
  return {
    url,
    keyUrl,
    ...(keyFingerprint === undefined ? {} : { keyFingerprint: keyFingerprint.replaceAll(" ", "").toUpperCase() }),
  };
}

/** The Kubernetes section with the defaults that depend on other settings. */
export function kubernetesSettings(given: StackConfiguration["kubernetes"]): KubernetesSettings {
  const { name, manifest } = given.cni;
  return {
    ...given,
    repository: repositoryOf(given),
    cni: manifest === undefined ? { name } : { name, manifest: absolutePath(manifest) },
  };
}
