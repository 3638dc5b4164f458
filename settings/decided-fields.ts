import type { Refusal } from "../host/refusal";
import { keyOf } from "./mistakes";
import type { StackConfiguration } from "./schema";
import { type Sound, valueAt } from "./sound";

/** A field on which other files or programs of the stack depend, so that another value would break the stack. */
interface DecidedField {
  /** Path below `kubernetes`. */
  readonly path: readonly string[];
  /** The values with which the stack works. Empty if the field must not be set. */
  readonly accepted: readonly unknown[];
  /** The reason, after "is not a value that the stack works with:". */
  readonly why: string;
  /** What to do. @default remove it */
  readonly remedy?: string;
}

const oneForAll = "the same configuration is for every node";

const fields: readonly DecidedField[] = [
  ...["kubelet", "kubeProxy"].flatMap((document) =>
    ["apiVersion", "kind"].map((name) => ({
      path: [document, name],
      accepted: [],
      why: "the version and the kind of this document are set by kube-control",
    })),
  ),
  {
    path: ["kubelet", "cgroupDriver"],
    accepted: ["systemd"],
    why: "containerd is configured for systemd, and with two drivers the pods of the control plane restart again and again",
  },
  {
    path: ["kubelet", "staticPodPath"],
    accepted: ["/etc/kubernetes/manifests"],
    why: "kubeadm puts the pods of the control plane into /etc/kubernetes/manifests",
  },
  {
    path: ["kubelet", "clusterDomain"],
    accepted: ["cluster.local"],
    why: "CoreDNS and the certificates of the API servers have cluster.local",
  },
  {
    path: ["kubelet", "containerRuntimeEndpoint"],
    accepted: ["unix:///run/containerd/containerd.sock", "unix:///var/run/containerd/containerd.sock"],
    why: "the nodes run containerd at unix:///run/containerd/containerd.sock",
  },
  {
    path: ["kubelet", "imageServiceEndpoint"],
    accepted: ["", "unix:///run/containerd/containerd.sock", "unix:///var/run/containerd/containerd.sock"],
    why: "the nodes run containerd at unix:///run/containerd/containerd.sock",
  },
  {
    path: ["kubelet", "address"],
    accepted: ["0.0.0.0", "::"],
    why: `${oneForAll}, and the API servers reach kubelet at each node's own address`,
  },
  {
    path: ["kubelet", "enableServer"],
    accepted: [true],
    why: "the API servers, and kube-control's check of etcd, connect to each kubelet",
  },
  {
    path: ["kubelet", "enableDebuggingHandlers"],
    accepted: [true],
    why: "kube-control checks etcd's members by kubectl exec, and these handlers serve it",
  },
  {
    path: ["kubelet", "authentication", "x509", "clientCAFile"],
    accepted: ["/etc/kubernetes/pki/ca.crt"],
    why: "the API servers show kubelet a certificate of the cluster's own authority",
  },
  {
    path: ["kubelet", "serverTLSBootstrap"],
    accepted: [true],
    why: "the masters approve kubelets' serving certificates, and nobody renews self-signed ones",
  },
  { path: ["kubelet", "rotateCertificates"], accepted: [true], why: "kubeadm turns it on in any case" },
  { path: ["kubelet", "registerNode"], accepted: [true], why: "a node that does not register never becomes Ready" },
  { path: ["kubelet", "providerID"], accepted: [""], why: `${oneForAll}, and each node has its own id` },
  {
    path: ["kubeProxy", "mode"],
    accepted: ["", "iptables", "nftables", "ipvs"],
    why: "kube-proxy has no such mode on Linux",
    remedy: "Set it to iptables, nftables or ipvs, or remove it to use iptables.",
  },
  {
    path: ["kubeProxy", "hostnameOverride"],
    accepted: [""],
    why: `${oneForAll}, and kubeadm gives kube-proxy each node's name`,
  },
  {
    path: ["kubeProxy", "bindAddress"],
    accepted: ["0.0.0.0", "::"],
    why: `${oneForAll}, and each node has its own address`,
  },
  {
    path: ["kubeProxy", "clientConnection", "kubeconfig"],
    accepted: ["/var/lib/kube-proxy/kubeconfig.conf"],
    why: "kubeadm mounts kube-proxy's kubeconfig at /var/lib/kube-proxy/kubeconfig.conf",
  },
  {
    path: ["containerd", "cri", "sandbox_image"],
    accepted: [],
    why: "kubeadm knows which pause image belongs to the version of Kubernetes",
    remedy: "Remove it. kubernetes.imageRepository and kubernetes.containerd.mirrors set where images come from.",
  },
  {
    path: ["containerd", "runtime", "runtime_type"],
    accepted: ["io.containerd.runc.v2"],
    why: "this section configures runc",
  },
  {
    path: ["containerd", "runcOptions", "SystemdCgroup"],
    accepted: [true],
    why: "kubelet is configured for systemd's cgroups",
  },
];

/** Mistakes in fields that kube-control itself decides: values with which the stack does not work. */
export function checkDecidedFields({ kubernetes }: Sound<StackConfiguration>): Refusal[] {
  return [...fields, clusterCidr(kubernetes?.podSubnet)].flatMap(({ path, accepted, why, remedy }) => {
    const value = valueAt(kubernetes, path);
    return value === undefined || accepted.includes(value)
      ? []
      : [
          {
            path: ["kubernetes", ...path],
            what: `is not a value that the stack works with: ${why}`,
            remedy: remedy ?? "Remove it.",
          },
        ];
  });
}

function clusterCidr(podSubnet: string | undefined): DecidedField {
  const key = keyOf(["kubernetes", "podSubnet"]);
  return {
    path: ["kubeProxy", "clusterCIDR"],
    accepted: ["", podSubnet],
    why: `the pods' network is ${key}`,
    remedy: `Remove it, and set ${key}.`,
  };
}
