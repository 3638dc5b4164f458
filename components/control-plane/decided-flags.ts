import { dirname } from "node:path";
import type { NameOf, Refusal } from "../../host/refusal";
import { volumeNames } from "./api-server";
import { filesFolder } from "./control-plane-files";
import { defaults } from "./defaults";

/** A component of the control plane, by its argument. */
export type Component = "apiServer" | "controllerManager" | "scheduler" | "etcd";

/** Why a flag is refused, and what to do. */
interface DecidedFlag {
  /** After "is a flag that". */
  readonly why: string;
  /** The argument that sets the value. @default there is none: remove the flag */
  readonly instead?: readonly string[];
}

/** A flag whose value is a list that must contain some entries. */
interface RequiredEntries {
  readonly entries: readonly string[];
  readonly why: string;
}

/** The same reason for several flags, separated by blanks. */
function flags(names: string, why: string, ...instead: readonly string[]): [string, DecidedFlag][] {
  return names.split(" ").map((name) => [name, instead.length === 0 ? { why } : { why, instead }]);
}

const files = "kubeadm sets to the files that it has written on each master";
const addresses = "kubeadm sets to each master's own address";

/** @see https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/ */
const apiServer = [
  ...flags("advertise-address bind-address", addresses),
  ...flags("secure-port", "is the endpoint's port, which the load balancers and every kubeconfig use"),
  ...flags("etcd-servers etcd-prefix", "decides where the cluster's data is"),
  ...flags("etcd-cafile etcd-certfile etcd-keyfile client-ca-file tls-cert-file tls-private-key-file", files),
  ...flags("kubelet-client-certificate kubelet-client-key proxy-client-cert-file proxy-client-key-file", files),
  ...flags("service-account-key-file service-account-signing-key-file requestheader-client-ca-file", files),
  ...flags(
    "requestheader-username-headers requestheader-group-headers requestheader-extra-headers-prefix requestheader-allowed-names",
    "kubeadm sets for its own front proxy's certificate",
  ),
  ...flags("service-cluster-ip-range", "is decided when the cluster is initialised", "serviceSubnet"),
  ...flags(
    "encryption-provider-config encryption-provider-config-automatic-reload",
    "belongs to the encryption of Secrets",
    "encryptionAtRest",
  ),
  ...flags(
    "shutdown-delay-duration",
    "must suit the load balancers' checks, and has an argument of its own",
    "shutdownDelay",
  ),
  ...flags(
    "anonymous-auth",
    "decides whether HAProxy's checks of /readyz, kubelet's probes and joins are answered: they do not log in",
    "apiServer",
    "authentication",
  ),
  ...flags("authentication-config", "names a file that kube-control writes", "apiServer", "authentication"),
  ...flags("admission-control-config-file", "names a file that kube-control writes", "apiServer", "admission"),
  ...flags("audit-policy-file", "names a file that kube-control writes", "apiServer", "audit", "policy"),
  ...flags(
    "audit-log-path audit-log-maxage audit-log-maxbackup audit-log-maxsize",
    "belongs to the audit log",
    "apiServer",
    "audit",
    "log",
  ),
  ...flags("enable-bootstrap-token-auth", "must be true, so that nodes can join"),
  ...flags("allow-privileged", "must be true for kube-proxy and the pod network"),
];

const leader = "must be true: each master runs one, and only one of them may work";

/** @see https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ */
const controllerManager = [
  ...flags("kubeconfig authentication-kubeconfig authorization-kubeconfig client-ca-file", files),
  ...flags("requestheader-client-ca-file root-ca-file service-account-private-key-file", files),
  ...flags("cluster-signing-cert-file cluster-signing-key-file", files),
  ...flags(
    "cluster-signing-duration",
    "decides when kubelets renew their certificates, and has an argument of its own",
    "certificateValidity",
  ),
  ...flags("cluster-cidr allocate-node-cidrs", "is decided when the cluster is initialised", "podSubnet"),
  ...flags("service-cluster-ip-range", "is decided when the cluster is initialised", "serviceSubnet"),
  ...flags("leader-elect", leader),
];

/** @see https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/ */
const scheduler = [
  ...flags("kubeconfig authentication-kubeconfig authorization-kubeconfig", files),
  ...flags("leader-elect", leader),
];

/** @see https://etcd.io/docs/v3.6/op-guide/configuration/ */
const etcd = [
  ...flags("name", "is each master's own name"),
  ...flags("data-dir wal-dir", "decides where the cluster's data is: etcd would start empty"),
  ...flags(
    "initial-cluster initial-cluster-state initial-cluster-token force-new-cluster force-new-cluster-bump-amount",
    "is for the first start of a member; kubeadm sets it, and on a running member it could split the cluster",
  ),
  ...flags("initial-advertise-peer-urls advertise-client-urls listen-client-urls listen-peer-urls", addresses),
  ...flags("cert-file key-file trusted-ca-file peer-cert-file peer-key-file peer-trusted-ca-file", files),
  ...flags("client-cert-auth peer-client-cert-auth", "must be true: otherwise anyone can read the cluster's data"),
  ...flags("discovery discovery-srv discovery-token discovery-endpoints", "is for clusters without kubeadm"),
  ...flags("config-file", "makes etcd ignore all other flags"),
  ...flags("heartbeat-interval", "has an argument of its own", "etcd", "heartbeatInterval"),
  ...flags("election-timeout", "has an argument of its own", "etcd", "electionTimeout"),
];

const decided: Readonly<Record<Component, ReadonlyMap<string, DecidedFlag>>> = {
  apiServer: new Map(apiServer),
  controllerManager: new Map(controllerManager),
  scheduler: new Map(scheduler),
  etcd: new Map(etcd),
};

/** kubeadm's own value is lost when the flag is given, so the flag must repeat it. */
const required: Readonly<Partial<Record<Component, Readonly<Record<string, RequiredEntries>>>>> = {
  apiServer: {
    "enable-admission-plugins": {
      entries: ["NodeRestriction"],
      why: "without it, the credentials of one node can change the objects of all others",
    },
    "authorization-mode": {
      entries: ["Node", "RBAC"],
      why: "kubelets and the control plane are authorised by these",
    },
    "service-account-issuer": {
      entries: ["https://kubernetes.default.svc.cluster.local"],
      why: "pods hold tokens of this issuer; a further issuer comes first in the list",
    },
  },
  controllerManager: {
    controllers: {
      entries: ["bootstrapsigner", "tokencleaner"],
      why: "joins need them, and they do not run by default",
    },
  },
};

/** Mistakes in a component's flags. */
export function flagRefusals(
  component: Component,
  extraArgs: Readonly<Record<string, unknown>>,
  nameOf: NameOf,
): Refusal[] {
  return Object.entries(extraArgs).flatMap(([flag, value]): Refusal[] => {
    const path = [component, "extraArgs", flag];
    if (!/^[a-z][a-z0-9-]*$/.test(flag)) {
      const bare = flag.replace(/^-+/, "");
      return [
        {
          path,
          what: "is not the name of a flag",
          remedy: `Write it without dashes in front and without a value${/^[a-z][a-z0-9-]*$/.test(bare) ? `: ${bare}` : ", e.g. profiling"}.`,
        },
      ];
    }
    const one = decided[component].get(flag);
    if (one !== undefined) {
      const remedy = one.instead === undefined ? "Remove it." : `Remove it, and set ${nameOf(one.instead)}.`;
      return [{ path, what: `is a flag that ${one.why}`, remedy }];
    }
    return missingEntries(component, flag, value, path);
  });
}

function missingEntries(component: Component, flag: string, value: unknown, path: readonly string[]): Refusal[] {
  const { entries = [], why = "" } = required[component]?.[flag] ?? {};
  const given = [value].flat().flatMap((one) => String(one).split(","));
  const missing = entries.filter((entry) => !given.includes(entry));
  return missing.length === 0
    ? []
    : [{ path: [...path], what: `does not contain ${missing.join(" and ")}: ${why}`, remedy: "Add it to the value." }];
}

/** The volumes that kubeadm and this component put into the pods. */
const takenVolumes = new Set<string>([
  ...Object.values(volumeNames),
  ...["k8s-certs", "ca-certs", "kubeconfig", "etc-ca-certificates", "etc-pki-ca-trust", "etc-pki-tls-certs"],
  ...["usr-share-ca-certificates", "usr-local-share-ca-certificates", "flexvolume-dir"],
]);

/** The places in the containers that are taken by these volumes. */
const takenPlaces = new Set<string>([
  ...[filesFolder, dirname(defaults.auditLog.path), "/etc/kubernetes/pki", "/etc/ssl/certs"],
  ...["/etc/kubernetes/controller-manager.conf", "/etc/kubernetes/scheduler.conf"],
]);

/** A volume of which parts may be missing, because they have mistakes of their own. */
export interface SomeVolume {
  readonly name?: string;
  readonly hostPath?: string;
  readonly mountPath?: string;
}

/** Mistakes in a component's volumes: kubeadm would replace one with the same name, and the pod would not start. */
export function volumeRefusals(component: Component, volumes: readonly (SomeVolume | undefined)[]): Refusal[] {
  const names = new Set(takenVolumes);
  const places = new Set(takenPlaces);
  return volumes.flatMap((volume, index): Refusal[] => {
    const { name, hostPath, mountPath } = volume ?? {};
    const path = [component, "extraVolumes", index];
    const isTaken = name !== undefined && names.has(name);
    const isTwice = mountPath !== undefined && places.has(mountPath);
    names.add(name ?? "");
    places.add(mountPath ?? "");
    return [
      ...(name !== undefined && !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)
        ? [
            {
              path: [...path, "name"],
              what: "is not a volume's name",
              remedy: "Use lower-case letters, digits and hyphens.",
            },
          ]
        : []),
      ...(isTaken
        ? [{ path: [...path, "name"], what: "is the name of another volume of this pod", remedy: "Choose another." }]
        : []),
      ...(isTwice
        ? [{ path: [...path, "mountPath"], what: "is the place of another volume", remedy: "Choose another." }]
        : []),
      ...Object.entries({ hostPath, mountPath })
        .filter(([, value]) => value !== undefined && !/^\/[^\p{Cc}:]*$/u.test(value))
        .map(([key]) => ({
          path: [...path, key],
          what: "is not an absolute path",
          remedy: "Begin it with a slash, e.g. /etc/kubernetes/oidc.",
        })),
    ];
  });
}

/** Mistakes in the names of a component's environment variables. */
export function environmentRefusals(component: Component, extraEnvs: Readonly<Record<string, unknown>>): Refusal[] {
  return Object.keys(extraEnvs)
    .filter((name) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    .map((name) => ({
      path: [component, "extraEnvs", name],
      what: "is not the name of an environment variable",
      remedy: "Use letters, digits and underscores, e.g. GOGC.",
    }));
}
