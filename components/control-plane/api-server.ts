import { dirname } from "node:path";
import { type ControlPlaneFiles, filesFolder, listed } from "./control-plane-files";
import { defaults } from "./defaults";
import {
  type ApiServerArgs,
  argumentsOf,
  type AuditLog,
  environmentOf,
  type ExtraVolume,
  type NamedValue,
  PathType,
  volumesOf,
} from "./static-pods";

/** File with the keys that encrypt Secrets. kubeadm already mounts its folder in the API server's pod. */
export const encryptionFile = "/etc/kubernetes/pki/encryption-at-rest.yaml";

/** Names of the volumes that this component adds to the API server's pod. */
export const volumeNames = { files: "kube-control", auditLog: "audit-log" } as const;

/** What the API server's section of kubeadm's configuration is made from. */
interface ApiServer {
  readonly encryptionAtRest: boolean;
  readonly encryptionKeyGeneration?: number;
  readonly shutdownDelay: number;
  readonly apiServer?: ApiServerArgs;
  readonly files?: ControlPlaneFiles;
}

/** The API server's flags, environment and volumes, in kubeadm's form. */
export function apiServerOf({ apiServer = {}, files = {}, ...cluster }: ApiServer): object {
  const log = apiServer.audit?.enabled ? { ...defaults.auditLog, ...apiServer.audit.log } : undefined;
  return {
    extraArgs: [
      ...encryptionFlags(cluster),
      { name: "shutdown-delay-duration", value: `${cluster.shutdownDelay}s` },
      ...(log === undefined ? [] : auditFlags(log)),
      ...fileFlags(files),
      ...argumentsOf(apiServer),
    ],
    ...environmentOf(apiServer),
    ...volumesOf([
      ...(log === undefined ? [] : [auditVolume(log.path)]),
      ...(listed(files).length === 0 ? [] : [filesVolume]),
      ...(apiServer.extraVolumes ?? []),
    ]),
  };
}

/**
 * The first key is never reloaded: the API servers of existing clusters keep their flags. A rotation, and encryption
 * that is turned on in a running cluster, need the reload.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#configure-automatic-reloading
 */
function encryptionFlags({ encryptionAtRest, encryptionKeyGeneration = 1 }: ApiServer): NamedValue[] {
  return encryptionAtRest
    ? [
        { name: "encryption-provider-config", value: encryptionFile },
        ...(encryptionKeyGeneration > 1
          ? [{ name: "encryption-provider-config-automatic-reload", value: "true" }]
          : []),
      ]
    : [];
}

function auditFlags({ path, maxAgeDays, maxBackups, maxSizeMB }: Required<AuditLog>): NamedValue[] {
  return [
    { name: "audit-log-path", value: path },
    { name: "audit-log-maxage", value: String(maxAgeDays) },
    { name: "audit-log-maxbackup", value: String(maxBackups) },
    { name: "audit-log-maxsize", value: String(maxSizeMB) },
  ];
}

function fileFlags({ auditPolicy, authentication, admission }: ControlPlaneFiles): NamedValue[] {
  return [
    { name: "audit-policy-file", value: auditPolicy?.path },
    { name: "authentication-config", value: authentication?.path },
    { name: "admission-control-config-file", value: admission?.path },
  ].flatMap(({ name, value }) => (value === undefined ? [] : [{ name, value }]));
}

const filesVolume: ExtraVolume = {
  name: volumeNames.files,
  hostPath: filesFolder,
  mountPath: filesFolder,
  pathType: PathType.Directory,
};

/** The folder of the log, because rotation renames the file. */
const auditVolume = (path: string): ExtraVolume => ({
  name: volumeNames.auditLog,
  hostPath: dirname(path),
  mountPath: dirname(path),
  readOnly: false,
  pathType: PathType.DirectoryOrCreate,
});
