import { minorOf, repositoryOf } from "../components/control-plane";
import { refusals } from "../components/control-plane/refusals";
import { absolutePath } from "../host/path";
import type { Refusal } from "../host/refusal";
import { checkDecidedFields } from "./decided-fields";
import { keyOf } from "./mistakes";
import type { KubernetesSettings, StackConfiguration } from "./schema";
import type { Sound } from "./sound";

type Kubernetes = Sound<StackConfiguration["kubernetes"]>;

/**
 * The first minor version whose kubeadm reads configuration v1beta4, which the control plane uses.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
 */
const oldestMinor = 31;

function checkVersion({ version, repository }: Kubernetes): Refusal[] {
  const minor = minorOf(version);
  if (version === undefined || minor === undefined) {
    return [];
  }
  if (minor < oldestMinor) {
    return [
      {
        path: ["kubernetes", "version"],
        what: `is too old: kubeadm's configuration v1beta4 begins with v1.${oldestMinor}`,
        remedy: `Choose v1.${oldestMinor}.0 or newer.`,
      },
    ];
  }
  const published = /\/v1\.(\d+)\//.exec(repository?.url ?? "")?.[1];
  return published === undefined || Number(published) === minor
    ? []
    : [
        {
          path: ["kubernetes", "repository", "url"],
          what: `has the packages of v1.${published}, not those of ${version}`,
          remedy: `Set it to the repository of v1.${minor}, or omit it to use pkgs.k8s.io.`,
        },
      ];
}

function checkRepository({ repository = {} }: Kubernetes): Refusal[] {
  return "key" in repository && "keyUrl" in repository
    ? [
        {
          path: ["kubernetes", "repository"],
          what: "has both key and keyUrl",
          remedy: "Keep one: the key's text, or where hosts fetch it.",
        },
      ]
    : [];
}

function checkCni({ cni }: Kubernetes): Refusal[] {
  const { name, manifest } = cni ?? {};
  // if the path is invalid, the key exists with the value undefined, and the mistake is already reported
  if (name === undefined || (manifest === undefined && "manifest" in (cni ?? {}))) {
    return [];
  }
  const nameOf = (path: readonly PropertyKey[]) => keyOf(["kubernetes", ...path]);
  const file = manifest === undefined ? undefined : absolutePath(manifest);
  return refusals({ cni: { name, manifest: file } }, nameOf).map((refusal) => ({
    ...refusal,
    path: ["kubernetes", ...refusal.path],
  }));
}

/** Mistakes in the components of the control plane. Reads the files that they name. */
function checkComponents({ apiServer, controllerManager, scheduler, etcd, ...encryption }: Kubernetes): Refusal[] {
  const nameOf = (path: readonly PropertyKey[]) => keyOf(["kubernetes", ...path]);
  const { encryptionAtRest, encryptionKeyGeneration } = encryption;
  const args = {
    apiServer: apiServer && withAbsolutePaths(apiServer),
    controllerManager,
    scheduler,
    etcd,
    encryptionAtRest,
    encryptionKeyGeneration,
  };
  return refusals(args, nameOf).map((refusal) => ({ ...refusal, path: ["kubernetes", ...refusal.path] }));
}

/** The API server's section with absolute paths of the files that it names. */
function withAbsolutePaths<
  T extends {
    readonly audit?: { readonly policy?: string };
    readonly authentication?: string;
    readonly admission?: string;
  },
>(given: T): T {
  const { audit, authentication, admission } = given;
  return {
    ...given,
    ...(audit?.policy === undefined ? {} : { audit: { ...audit, policy: absolutePath(audit.policy) } }),
    ...(authentication === undefined ? {} : { authentication: absolutePath(authentication) }),
    ...(admission === undefined ? {} : { admission: absolutePath(admission) }),
  };
}

function checkMirrors({ containerd }: Kubernetes): Refusal[] {
  return Object.keys(containerd?.mirrors ?? {})
    .filter((registry) => !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(registry))
    .map((registry) => ({
      path: ["kubernetes", "containerd", "mirrors", registry],
      what: "is not a registry's name",
      remedy: "Write host and port as they begin an image's name, e.g. registry.k8s.io.",
    }));
}

/** Mistakes in the Kubernetes section that the schema does not find. */
export function checkKubernetes(stack: Sound<StackConfiguration>): Refusal[] {
  const { kubernetes } = stack;
  return kubernetes === undefined
    ? []
    : [
        ...[checkVersion, checkRepository, checkCni, checkComponents, checkMirrors].flatMap((check) =>
          check(kubernetes),
        ),
        ...checkDecidedFields(stack),
      ];
}

/** The Kubernetes section with the defaults that depend on other settings. */
export function kubernetesSettings(given: StackConfiguration["kubernetes"]): KubernetesSettings {
  const { name, manifest } = given.cni;
  return {
    ...given,
    ...(given.apiServer === undefined ? {} : { apiServer: withAbsolutePaths(given.apiServer) }),
    repository: repositoryOf(given.version, given.repository),
    cni: manifest === undefined ? { name } : { name, manifest: absolutePath(manifest) },
  };
}
