import { z } from "zod";
import { isValidity } from "../../components/control-plane/certificate-validity";
import { defaults } from "../../components/control-plane/defaults";
import * as field from "../fields";
import { apiServer, controllerManager, etcd, scheduler } from "./static-pods";

const kubeadm = "https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/";
const containerdManual = "https://github.com/containerd/containerd/blob/main/docs/cri/config.md";

const repository = z
  .strictObject({
    url: field.url("https://pkgs.k8s.io/core:/stable:/v1.37/deb/").optional().meta({
      description: "A flat apt repository with kubeadm, kubelet and kubectl.",
      unset: "pkgs.k8s.io's of `kubernetes.version`",
      source: "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/install-kubeadm/",
    }),
    key: field
      .text(
        (value) =>
          value.includes("-----BEGIN PGP PUBLIC KEY BLOCK-----") && !/\p{Cc}/u.test(value.replaceAll(/\r?\n|\t/g, "")),
        "is not an ASCII-armoured public key",
        "Set it to the text that begins with -----BEGIN PGP PUBLIC KEY BLOCK-----, or set keyUrl instead.",
      )
      .optional()
      .meta({
        description: "The repository's public key as ASCII-armoured text. Excludes `keyUrl`.",
      }),
    keyUrl: field.url("https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key").optional().meta({
      description: "Where hosts fetch that key.",
      unset: "`Release.key` in the repository",
    }),
    keyFingerprint: field
      .text(
        (value) => /^[0-9A-Fa-f]{40}$/.test(value.replaceAll(" ", "")),
        "is not a key's fingerprint",
        "Set it to the key's 40 hexadecimal digits, as gpg --show-keys prints them.",
      )
      .optional()
      .meta({
        description: "The fingerprint that the key must have: 40 hexadecimal digits. The hosts check it.",
        unset: "that of pkgs.k8s.io's key for a key from there, otherwise any",
      }),
  })
  .prefault({})
  .meta({ description: "Where the hosts get Kubernetes' packages." });

const cni = z
  .strictObject({
    name: z.enum(["flannel", "none", "manifest"]).default(defaults.cni).meta({
      description:
        "The pod network: flannel, the user's own by a manifest, or none, and then nodes are not Ready until there is one.",
      source: "https://kubernetes.io/docs/concepts/cluster-administration/addons/",
    }),
    manifest: field.filePath("cni/manifest.yaml").optional().meta({
      description: "YAML file with the network's manifest, where `name` is `manifest`.",
    }),
  })
  .prefault({})
  .meta({ description: "The pod network." });

const scalars = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const anyFields = z.record(z.string(), z.json());

const containerd = z
  .strictObject({
    mirrors: z
      .record(
        z.string(),
        field.someOf(
          field.url("http://192.168.2.10:5000"),
          "names no mirror",
          "List at least one URL, or remove the registry.",
        ),
      )
      .default({})
      .meta({
        description: "Mirrors of each registry, asked in turn: `registry.k8s.io: [http://192.168.2.10:5000]`.",
        source: "https://github.com/containerd/containerd/blob/main/docs/hosts.md",
      }),
    cri: scalars.default({}).meta({
      description: "Additional keys of the CRI plugin's section in config.toml.",
      source: containerdManual,
    }),
    runtime: scalars.default({}).meta({
      description: "Additional keys of the section of the runtime runc.",
      source: containerdManual,
    }),
    runcOptions: scalars.default({}).meta({
      description: "Additional options of runc. `SystemdCgroup` is set already.",
      source: containerdManual,
    }),
    binDir: field
      .text(
        (value) => /^\/[\w./-]+$/.test(value),
        "is not an absolute path",
        `Set it to the folder with the CNI plugins, e.g. ${defaults.binDir}.`,
      )
      .default(defaults.binDir)
      .meta({ description: "Folder of the CNI plugins.", source: containerdManual }),
  })
  .prefault({})
  .meta({ description: "containerd on every node." });

const certificateName = field
  .text(
    (value) => /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(value),
    "is neither a name nor an IPv4 address",
    "Set it to a DNS name in lower case or to an IPv4 address, e.g. k8s.example.com.",
  )
  .meta({ example: "k8s.example.com" });

export const kubernetes = z
  .strictObject({
    version: field
      .text(
        (value) => /^v1\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(value),
        "is not a Kubernetes version",
        `Set it to a complete version, e.g. ${defaults.version}.`,
      )
      .default(defaults.version)
      .meta({
        description:
          "Version of every Kubernetes component. Name it: a later version of kube-control may have another default. A newer " +
          "patch version, or the next minor version, upgrades a running cluster.",
        source: "https://kubernetes.io/releases/",
      }),
    podSubnet: field.network(defaults.podSubnet).default(defaults.podSubnet).meta({
      description: "IPv4 network of the pods. It may not overlap a network of the site.",
      source: kubeadm,
    }),
    serviceSubnet: field.network(defaults.serviceSubnet).default(defaults.serviceSubnet).meta({
      description: "IPv4 network of the Services. It may not overlap a network of the site.",
      source: kubeadm,
    }),
    repository,
    imageRepository: field
      .text(
        (value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(value),
        "is not an image repository",
        `Set it to a registry and a path without a scheme, e.g. ${defaults.imageRepository}.`,
      )
      .default(defaults.imageRepository)
      .meta({ description: "Registry and path of the control plane's images.", source: kubeadm }),
    cni,
    kubelet: anyFields.default({}).meta({
      description: "Additional fields of every node's KubeletConfiguration.",
      source: "https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/",
    }),
    kubeProxy: anyFields.default({}).meta({
      description: "Additional fields of KubeProxyConfiguration.",
      source: "https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/",
    }),
    containerd,
    encryptionAtRest: z.boolean().default(defaults.encryptionAtRest).meta({
      description: "Encrypt Secrets in etcd, with a key that never leaves the masters.",
      source: "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
    }),
    encryptionKeyGeneration: field
      .wholeNumber(1, 1000000, "Set it to a whole number: one more than before rotates the key.")
      .optional()
      .meta({
        description:
          "Number of the key that encrypts Secrets. Raise it by one to rotate the key, and set it to 2 to turn on the encryption " +
          "of a running cluster (docs/operations.md).",
        unset: "1",
        source: "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key",
      }),
    certificateNames: z.array(certificateName).optional().meta({
      description:
        "Further names and addresses in the certificates of the API servers, e.g. those of a proxy in front of the stack.",
      source: kubeadm,
    }),
    apiServer,
    controllerManager,
    scheduler,
    etcd,
    certificateValidity: field
      .text(
        (value) => isValidity(value),
        "is not a duration from 30m to 87600h",
        `Set it to whole hours or minutes, e.g. ${defaults.certificateValidity}.`,
      )
      .optional()
      .meta({
        description:
          "Validity of the certificates that kubeadm and the controller manager issue. A timer on each master renews those of " +
          "kubeadm that have less than a third of it left; kubelets renew their own.",
        unit: "m or h",
        unset: defaults.certificateValidity,
        source: "https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/",
      }),
    drainTimeout: field
      .wholeNumber(10, 3600, `Set it to whole seconds, e.g. ${defaults.drainTimeout}.`)
      .default(defaults.drainTimeout)
      .meta({
        description:
          "Time within which the pods of a node must have moved to other nodes before the node is upgraded. After that, the " +
          "node is not changed.",
        unit: "s",
        source: "https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/",
      }),
    concurrentWorkers: field
      .wholeNumber(1, 100, `Set it to a number of workers, e.g. ${defaults.concurrentWorkers}.`)
      .default(defaults.concurrentWorkers)
      .meta({ description: "Workers that are upgraded at the same time." }),
    shutdownDelay: field
      .wholeNumber(
        0,
        60,
        `Set it to whole seconds: ${defaults.shutdownDelay} is enough with the default haproxy.checkInterval.`,
      )
      .default(defaults.shutdownDelay)
      .meta({
        description:
          "How long an API server that is told to stop continues to serve, while `/readyz` already fails. In that time, load " +
          "balancers send it no new connections.",
        unit: "s",
        source: "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/",
      }),
  })
  .meta({ description: "Versions, networks and packages of the cluster." });
