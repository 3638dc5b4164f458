import { z } from "zod";
import { PathType } from "../../components/control-plane";
import { defaults } from "../../components/control-plane/defaults";
import * as field from "../fields";

const kubeadm = "https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/";
const reference = "https://kubernetes.io/docs/reference/command-line-tools-reference";

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const extraArgs = (source: string, example: string) =>
  z
    .record(
      z.string(),
      field.oneOfShapes(
        z.union([scalar, z.array(scalar)]),
        "is not the value of a flag",
        "Set it to a text, a number, true or false, or to a list of these for a flag that is given several times.",
      ),
    )
    .optional()
    .meta({
      description:
        "Additional flags by name, without dashes. A list gives a flag several times. Flags that kube-control or kubeadm " +
        "decides are refused. No secrets: the state and process lists show the values.",
      example,
      source,
    });

const extraEnvs = z
  .record(z.string(), z.string())
  .optional()
  .meta({ description: "Additional environment variables. No secrets.", example: "{GOGC: '200'}", source: kubeadm });

const extraVolumes = z
  .array(
    z.strictObject({
      name: z.string().meta({ description: "Name of the volume, unique in the pod.", example: "oidc-ca" }),
      hostPath: z.string().meta({ description: "Absolute path on each master.", example: "/etc/oidc" }),
      mountPath: z.string().meta({ description: "Absolute path in the container.", example: "/etc/oidc" }),
      readOnly: z.boolean().default(true).meta({ description: "Whether the container may only read." }),
      pathType: z
        .enum([PathType.DirectoryOrCreate, PathType.Directory, PathType.FileOrCreate, PathType.File])
        .optional()
        .meta({ description: "What `hostPath` must be, or what kubelet creates.", unset: "not checked" }),
    }),
  )
  .optional()
  .meta({
    description: "Folders and files of the masters in the component's container. kube-control does not write them.",
    source: kubeadm,
  });

const audit = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .meta({
        description:
          "Write an audit log on each master. The load balancers' log then also has the source port of each connection to " +
          "an API server (docs/operations.md).",
        source: "https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/",
      }),
    policy: field.filePath("kubernetes/audit-policy.yaml").optional().meta({
      description: "YAML file with the audit policy.",
      unset: "who did what, without bodies of requests, health checks, leases and events",
      source: "https://kubernetes.io/docs/reference/config-api/apiserver-audit.v1/",
    }),
    log: z
      .strictObject({
        path: z.string().default(defaults.auditLog.path).meta({
          description: "The file on each master, below /var/log/kubernetes/audit.",
        }),
        maxAgeDays: field
          .wholeNumber(0, 3650, `Set it to a number of days: ${defaults.auditLog.maxAgeDays}, or 0 for no limit.`)
          .default(defaults.auditLog.maxAgeDays)
          .meta({ description: "Rotated files are deleted after this time; 0: never.", unit: "days" }),
        maxBackups: field
          .wholeNumber(0, 1000, `Set it to a number of files: ${defaults.auditLog.maxBackups}, or 0 for no limit.`)
          .default(defaults.auditLog.maxBackups)
          .meta({ description: "Rotated files that are kept; 0: all.", unit: "files" }),
        maxSizeMB: field
          .wholeNumber(1, 10240, `Set it to a number of megabytes, e.g. ${defaults.auditLog.maxSizeMB}.`)
          .default(defaults.auditLog.maxSizeMB)
          .meta({ description: "Size at which the file is rotated.", unit: "MB" }),
      })
      .prefault({})
      .meta({ description: "The log's file and its rotation.", source: `${reference}/kube-apiserver/` }),
  })
  .optional()
  .meta({ description: "The audit log of the API servers." });

export const apiServer = z
  .strictObject({
    extraArgs: extraArgs(`${reference}/kube-apiserver/`, "{max-requests-inflight: 800}"),
    extraVolumes,
    extraEnvs,
    audit,
    authentication: field.filePath("kubernetes/authentication.yaml").optional().meta({
      description:
        "YAML file with an AuthenticationConfiguration, e.g. for OIDC. Excludes flags `oidc-…`. It must contain no secret.",
      source: "https://kubernetes.io/docs/reference/access-authn-authz/authentication/",
    }),
    admission: field.filePath("kubernetes/admission.yaml").optional().meta({
      description: "YAML file with an AdmissionConfiguration. It must contain no secret.",
      source: "https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/",
    }),
  })
  .optional()
  .meta({ description: "Additions to the API servers." });

export const controllerManager = z
  .strictObject({
    extraArgs: extraArgs(`${reference}/kube-controller-manager/`, "{terminated-pod-gc-threshold: 1000}"),
    extraVolumes,
    extraEnvs,
  })
  .optional()
  .meta({ description: "Additions to the controller managers." });

export const scheduler = z
  .strictObject({
    extraArgs: extraArgs(`${reference}/kube-scheduler/`, "{kube-api-qps: 100}"),
    extraVolumes,
    extraEnvs,
  })
  .optional()
  .meta({ description: "Additions to the schedulers." });

export const etcd = z
  .strictObject({
    heartbeatInterval: field
      .wholeNumber(10, 10000, `Set it to a number of milliseconds: ${defaults.etcd.heartbeatInterval} within one site.`)
      .default(defaults.etcd.heartbeatInterval)
      .meta({
        description: "Time between the leader's heartbeats.",
        unit: "ms",
        source: "https://etcd.io/docs/v3.6/tuning/",
      }),
    electionTimeout: field
      .wholeNumber(50, 50000, `Set it to a number of milliseconds: ${defaults.etcd.electionTimeout} within one site.`)
      .default(defaults.etcd.electionTimeout)
      .meta({
        description: "Time without a heartbeat after which a member stands for election: five heartbeats or more.",
        unit: "ms",
        source: "https://etcd.io/docs/v3.6/tuning/",
      }),
    extraArgs: extraArgs("https://etcd.io/docs/v3.6/op-guide/configuration/", "{quota-backend-bytes: 8589934592}"),
    extraEnvs,
  })
  .prefault({})
  .meta({ description: "etcd's timers, and additions to etcd." });
