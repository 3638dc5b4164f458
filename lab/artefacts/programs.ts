import { join } from "node:path";
import type { GoPrograms } from "./go";
import { cniPluginsVersion, kubernetesVersion, pulumiVersion, versityGatewayVersion } from "./versions";

/** Programs that a module in modules/ pins. */
const pinned = (module: string, version: string, programs: GoPrograms["programs"]): GoPrograms => ({
  name: `${module}-${version}`,
  module: join(__dirname, "modules", module),
  programs,
});

/** Programs of which the lab builds several versions: modules/ has a module for each. */
const versioned = (module: string, version: string, programs: GoPrograms["programs"]): GoPrograms => ({
  ...pinned(module, version, programs),
  module: join(__dirname, "modules", module, version),
});

/** One of the lab's own programs. */
const own = (name: string, folder = name, program = name): GoPrograms => ({
  name,
  module: join(__dirname, "..", folder),
  programs: { [program]: "." },
});

const kubernetesCommands = [
  "kubeadm",
  "kubelet",
  "kubectl",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;

/** The values that `kubectl version` shows. */
function stampOf(version: string) {
  const [major = "", minor = ""] = version.split(".");
  return { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
}

/** The programs of a version of Kubernetes. */
export const kubernetes = (version: string): GoPrograms => ({
  ...versioned(
    "kubernetes",
    version,
    Object.fromEntries(kubernetesCommands.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
  ),
  set: Object.fromEntries(
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((path) =>
      Object.entries(stampOf(version)).map(([field, value]) => [`${path}.${field}`, value]),
    ),
  ),
  // each version leaves several GB, of which another version uses little
  clearsCache: version !== kubernetesVersion,
});

/**
 * kubeadm's own end-to-end checks of a cluster. They have a separate module: their further dependencies would otherwise change
 * the module of the programs above, which would build Kubernetes again.
 */
export const kubeadmChecks: GoPrograms = {
  ...pinned("e2e-kubeadm", kubernetesVersion, { "e2e-kubeadm": "k8s.io/kubernetes/test/e2e_kubeadm" }),
  areTests: true,
};

export const etcd = (version: string): GoPrograms =>
  versioned("etcd", version, {
    etcd: "go.etcd.io/etcd/server/v3",
    etcdctl: "go.etcd.io/etcd/etcdctl/v3",
    etcdutl: "go.etcd.io/etcd/etcdutl/v3",
  });

export const coreDns = (version: string): GoPrograms =>
  versioned("coredns", version, { coredns: "github.com/coredns/coredns" });

export const cniPlugins = pinned("cni-plugins", cniPluginsVersion, {
  bridge: "github.com/containernetworking/plugins/plugins/main/bridge",
  loopback: "github.com/containernetworking/plugins/plugins/main/loopback",
  "host-local": "github.com/containernetworking/plugins/plugins/ipam/host-local",
  portmap: "github.com/containernetworking/plugins/plugins/meta/portmap",
});

/** Pod network, the program that tests it, and the stand-in for Datadog's agent. */
export const hostRoutes = own("host-routes", "cni");
export const echo = own("echo");
export const agent = own("agent");

export const pause = own("pause", "artefacts/modules/pause");

export const pulumi: GoPrograms = {
  ...pinned("pulumi", pulumiVersion, { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" }),
  set: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${pulumiVersion}` },
};

/** A server of S3's API, for the test of the uploads. */
export const versityGateway = pinned("versitygw", versityGatewayVersion, {
  versitygw: "github.com/versity/versitygw/cmd/versitygw",
});

/** The lab's own language host: no Go module proxy serves the official one. */
export const pulumiLanguageNodejs = own("language-host", "language-host", "pulumi-language-nodejs");
