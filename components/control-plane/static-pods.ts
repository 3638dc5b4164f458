/** What a folder or file of the host must be, before it is mounted. */
// A constant and a type with the same name, because Pulumi's component analyzer does not accept a union of literals.
export const PathType = {
  /** A directory, which kubelet creates if it is missing. */
  DirectoryOrCreate: "DirectoryOrCreate",
  /** A directory that exists. */
  Directory: "Directory",
  /** A file, which kubelet creates if it is missing. */
  FileOrCreate: "FileOrCreate",
  /** A file that exists. */
  File: "File",
} as const;
export type PathType = (typeof PathType)[keyof typeof PathType];

/**
 * A folder or file of each master in a component's container.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/#kubeadm-k8s-io-v1beta4-HostPathMount
 */
export interface ExtraVolume {
  /** Name of the volume, unique in the pod. */
  readonly name: string;
  /** Absolute path on the master. */
  readonly hostPath: string;
  /** Absolute path in the container. */
  readonly mountPath: string;
  /** Whether the container may only read. @default true */
  readonly readOnly?: boolean;
  /** What `hostPath` must be. @default it is not checked */
  readonly pathType?: PathType;
}

/** Additions to the command line and the environment of a component of the control plane. */
export interface StaticPodArgs {
  /**
   * Flags by name, without dashes. A list gives a flag several times. Flags that kube-control or kubeadm decides are
   * refused.
   *
   * @default none
   */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take a union
  readonly extraArgs?: Readonly<Record<string, any>>;
  /** Environment variables. They must not be secrets. @default none */
  readonly extraEnvs?: Readonly<Record<string, string>>;
}

/** Additions to a component of the control plane. */
export interface ComponentArgs extends StaticPodArgs {
  /** Folders and files of the masters in the component's container. @default none */
  readonly extraVolumes?: ExtraVolume[];
}

/** The file of the audit log on each master, and its rotation. */
export interface AuditLog {
  /** Absolute path below /var/log/kubernetes/audit. @default `defaults.auditLog.path` */
  readonly path?: string;
  /** Days after which a rotated file is deleted. @default `defaults.auditLog.maxAgeDays` */
  readonly maxAgeDays?: number;
  /** Number of rotated files that are kept. @default `defaults.auditLog.maxBackups` */
  readonly maxBackups?: number;
  /** Megabytes after which the file is rotated. @default `defaults.auditLog.maxSizeMB` */
  readonly maxSizeMB?: number;
}

/**
 * The audit log of the API servers.
 *
 * @see https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
 */
export interface AuditArgs {
  /** Whether the API servers write an audit log. @default false */
  readonly enabled?: boolean;
  /** Absolute path of a YAML file with the audit policy, beside the program. @default {@link auditPolicy} */
  readonly policy?: string;
  /** The log's file. @default `defaults.auditLog` */
  readonly log?: AuditLog;
}

/** Additions to the API servers. */
export interface ApiServerArgs extends ComponentArgs {
  /** The audit log. @default none */
  readonly audit?: AuditArgs;
  /**
   * Absolute path of a YAML file with an AuthenticationConfiguration (OIDC), beside the program. It must contain no
   * secret.
   *
   * @see https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
   * @default none
   */
  readonly authentication?: string;
  /**
   * Absolute path of a YAML file with an AdmissionConfiguration, beside the program. It must contain no secret.
   *
   * @see https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
   * @default none
   */
  readonly admission?: string;
}

/**
 * etcd's timers, in milliseconds.
 *
 * @see https://etcd.io/docs/v3.6/tuning/
 */
export interface EtcdTiming {
  /** Time between the leader's heartbeats. @default `defaults.etcd.heartbeatInterval` */
  readonly heartbeatInterval?: number;
  /**
   * Time without a heartbeat after which a member may start an election, at least five heartbeats. etcd waits a random
   * time from one to two of these.
   *
   * @default `defaults.etcd.electionTimeout`
   */
  readonly electionTimeout?: number;
}

/** etcd's timers, and additions to etcd. */
export interface EtcdArgs extends EtcdTiming, StaticPodArgs {}

/** A named value of kubeadm's configuration. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** Flags in kubeadm's form, sorted by name, so that their order in the settings changes nothing. */
export function argumentsOf({ extraArgs = {} }: StaticPodArgs): NamedValue[] {
  return Object.keys(extraArgs)
    .sort()
    .flatMap((name) => [extraArgs[name] as unknown].flat().map((value) => ({ name, value: String(value) })));
}

/** Environment variables in kubeadm's form; without the key if there are none. */
export function environmentOf({ extraEnvs = {} }: StaticPodArgs): { readonly extraEnvs?: NamedValue[] } {
  const names = Object.keys(extraEnvs).sort();
  return names.length === 0 ? {} : { extraEnvs: names.map((name) => ({ name, value: extraEnvs[name] ?? "" })) };
}

/** Volumes in kubeadm's form; without the key if there are none. */
export function volumesOf(volumes: readonly ExtraVolume[]): { readonly extraVolumes?: object[] } {
  return volumes.length === 0
    ? {}
    : {
        extraVolumes: volumes.map(({ name, hostPath, mountPath, readOnly = true, pathType }) => ({
          name,
          hostPath,
          mountPath,
          readOnly,
          ...(pathType === undefined ? {} : { pathType }),
        })),
      };
}

/** The section of a component in kubeadm's configuration; undefined if there are no additions and no own flags. */
export function componentOf(args: ComponentArgs = {}, flags: readonly NamedValue[] = []): object | undefined {
  const extraArgs = [...flags, ...argumentsOf(args)];
  const section = {
    ...(extraArgs.length === 0 ? {} : { extraArgs }),
    ...environmentOf(args),
    ...volumesOf(args.extraVolumes ?? []),
  };
  return Object.keys(section).length === 0 ? undefined : section;
}
