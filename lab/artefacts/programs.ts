import { join } from "node:path";
import { type GoPrograms } from "./go";
import { coreDnsVersion, cniPluginsVersion, etcdVersion, kubernetesVersion, pulumiVersion } from "./versions";

const modules = join(__dirname, "modules");
const lab = join(__dirname, "..");

const kubernetesCommands = [
  "kubeadm",
  "kubelet",
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;

/** `1.34.4` → what `kubectl version` shows of a release. */
function kubernetesStamp(version: string): Record<string, string> {
  const [major = "", minor = ""] = version.split(".");
  const fields = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return Object.fromEntries(
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) =>
      Object.entries(fields).map(([field, value]) => [`${path}.${field}`, value]),
    ),
  );
}

export const kubernetes: GoPrograms = {
  name: `kubernetes-${kubernetesVersion}`,
  module: join(modules, "kubernetes"),
  programs: Object.fromEntries(kubernetesCommands.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
  set: kubernetesStamp(kubernetesVersion),
};

export const etcd: GoPrograms = {
  name: `etcd-${etcdVersion}`,
  module: join(modules, "etcd"),
  programs: { etcd: "go.etcd.io/etcd/server/v3", etcdctl: "go.etcd.io/etcd/etcdctl/v3" },
};

export const coreDns: GoPrograms = {
  name: `coredns-${coreDnsVersion}`,
  module: join(modules, "coredns"),
  programs: { coredns: "github.com/coredns/coredns" },
};

export const cniPlugins: GoPrograms = {
  name: `cni-plugins-${cniPluginsVersion}`,
  module: join(modules, "cni-plugins"),
  programs: {
    bridge: "github.com/containernetworking/plugins/plugins/main/bridge",
    loopback: "github.com/containernetworking/plugins/plugins/main/loopback",
    "host-local": "github.com/containernetworking/plugins/plugins/ipam/host-local",
    portmap: "github.com/containernetworking/plugins/plugins/meta/portmap",
  },
};

export const pause: GoPrograms = { name: "pause", module: join(modules, "pause"), programs: { pause: "." } };

/** The lab's own: pod network, the program that tests it, and the stand-in for Datadog's agent. */
export const hostRoutes: GoPrograms = {
  name: "host-routes",
  module: join(lab, "cni"),
  programs: { "host-routes": "." },
};
export const echo: GoPrograms = { name: "echo", module: join(lab, "echo"), programs: { echo: "." } };
export const agent: GoPrograms = { name: "agent", module: join(lab, "agent"), programs: { agent: "." } };

export const pulumi: GoPrograms = {
  name: `pulumi-${pulumiVersion}`,
  module: join(modules, "pulumi"),
  programs: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
  set: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
};

/** The lab's own, since no Go module proxy serves the official one. */
export const pulumiLanguageNodejs: GoPrograms = {
  name: "language-host",
  module: join(lab, "language-host"),
  programs: { "pulumi-language-nodejs": "." },
};
