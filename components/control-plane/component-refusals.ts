import type { NameOf, Refusal } from "../../host/refusal";
import { kinds, whyNoConfiguration } from "./configuration-file";
import { type Component, environmentRefusals, flagRefusals, type SomeVolume, volumeRefusals } from "./decided-flags";

/** A component's arguments. Parts that have mistakes of their own are undefined. */
interface CheckedComponent {
  readonly extraArgs?: Readonly<Record<string, unknown>>;
  readonly extraEnvs?: Readonly<Record<string, unknown>>;
  readonly extraVolumes?: readonly (SomeVolume | undefined)[];
}

interface CheckedApiServer extends CheckedComponent {
  readonly audit?: { readonly enabled?: boolean; readonly policy?: string; readonly log?: { readonly path?: string } };
  readonly authentication?: string;
  readonly admission?: string;
}

/** The arguments of the control plane's components. An argument that is omitted is not checked. */
export interface CheckedComponents {
  readonly apiServer?: CheckedApiServer;
  readonly controllerManager?: CheckedComponent;
  readonly scheduler?: CheckedComponent;
  readonly etcd?: CheckedComponent;
  readonly encryptionAtRest?: boolean;
  readonly encryptionKeyGeneration?: number;
}

const components = ["apiServer", "controllerManager", "scheduler", "etcd"] as const satisfies readonly Component[];

/** Mistakes in the arguments of the control plane's components. Reads the files that they name. */
export function componentRefusals(args: CheckedComponents, nameOf: NameOf): Refusal[] {
  return [
    ...components.flatMap((component) => {
      const { extraArgs = {}, extraEnvs = {}, extraVolumes = [] } = args[component] ?? {};
      return [
        ...flagRefusals(component, extraArgs, nameOf),
        ...environmentRefusals(component, extraEnvs),
        ...volumeRefusals(component, extraVolumes),
      ];
    }),
    ...fileRefusals(args.apiServer ?? {}),
    ...auditRefusals(args.apiServer ?? {}, nameOf),
    ...oidcRefusals(args.apiServer ?? {}, nameOf),
    ...encryptionRefusals(args, nameOf),
  ];
}

function fileRefusals({ audit, authentication, admission }: CheckedApiServer): Refusal[] {
  const given = [
    { path: ["audit", "policy"], file: audit?.policy, kind: kinds.policy },
    { path: ["authentication"], file: authentication, kind: kinds.authentication },
    { path: ["admission"], file: admission, kind: kinds.admission },
  ];
  return given.flatMap(({ path, file, kind }) => {
    const what = file === undefined ? undefined : whyNoConfiguration(file, kind);
    const remedy = `Set it to a YAML file with one document of the kind ${kind.kind}.`;
    return what === undefined ? [] : [{ path: ["apiServer", ...path], what, remedy }];
  });
}

const auditFolder = "/var/log/kubernetes/audit/";

function auditRefusals({ audit = {} }: CheckedApiServer, nameOf: NameOf): Refusal[] {
  const { enabled = false, policy, log } = audit;
  const isInFolder =
    log?.path === undefined || (log.path.startsWith(auditFolder) && !/[^\w./-]|\/\.|\/\/|\/$/.test(log.path));
  return [
    ...(!enabled && policy !== undefined
      ? [
          {
            path: ["apiServer", "audit", "policy"],
            what: "is given, but the audit log is off",
            remedy: `Set ${nameOf(["apiServer", "audit", "enabled"])} to true, or remove the policy.`,
          },
        ]
      : []),
    ...(isInFolder
      ? []
      : [
          {
            path: ["apiServer", "audit", "log", "path"],
            what: `is not a file below ${auditFolder}`,
            remedy: `Set it to e.g. ${auditFolder}audit.log.`,
          },
        ]),
  ];
}

function oidcRefusals({ authentication, extraArgs = {} }: CheckedApiServer, nameOf: NameOf): Refusal[] {
  return authentication === undefined
    ? []
    : Object.keys(extraArgs)
        .filter((flag) => flag.startsWith("oidc-"))
        .map((flag) => ({
          path: ["apiServer", "extraArgs", flag],
          what: `excludes ${nameOf(["apiServer", "authentication"])}: the API servers refuse to start with both`,
          remedy: "Remove it, and write the issuer into that file.",
        }));
}

function encryptionRefusals(
  { encryptionAtRest, encryptionKeyGeneration }: CheckedComponents,
  nameOf: NameOf,
): Refusal[] {
  return encryptionAtRest === false && encryptionKeyGeneration !== undefined
    ? [
        {
          path: ["encryptionKeyGeneration"],
          what: "is given, but Secrets are not encrypted",
          remedy: `Set ${nameOf(["encryptionAtRest"])} to true, or remove this.`,
        },
      ]
    : [];
}
