import { join } from "node:path";
import type { Deb } from "./deb";
import { cniPluginsVersion, kubernetesVersion } from "./versions";

const kubeletUnit = `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`;

const kubeadmDropIn = `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# Written by kubeadm init and kubeadm join
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# For the user's own flags, as a last resort
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`;

const startKubelet = `#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --now kubelet.service
fi
`;
const stopKubelet = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now kubelet.service
fi
`;

/**
 * Kubernetes' packages: names, versions, paths and units as upstream's, filled from the lab's own builds.
 *
 * @param kube folder of the Kubernetes programs
 * @param cni folder of the CNI plugins
 */
export function kubernetesDebs(kube: string, cni: string): Deb[] {
  const version = `${kubernetesVersion}-1.1`;
  const program = (name: string) => ({ path: `usr/bin/${name}`, file: join(kube, name), mode: 0o755 });
  const usrBin = [
    { path: "usr", folder: true },
    { path: "usr/bin", folder: true },
  ] as const;
  return [
    {
      name: "kubeadm",
      version,
      description: "Command-line utility for administering a Kubernetes cluster",
      files: [...usrBin, program("kubeadm")],
    },
    {
      name: "kubectl",
      version,
      description: "Command-line utility for interacting with a Kubernetes cluster",
      files: [...usrBin, program("kubectl")],
    },
    {
      name: "kubelet",
      version,
      depends: [
        ...["iptables (>= 1.4.21)", "kubernetes-cni (>= 1.2.0)", "iproute2", "socat", "util-linux"],
        ...["mount", "ebtables", "ethtool", "conntrack"],
      ],
      description: "Node agent for Kubernetes clusters",
      configurationFiles: ["/etc/default/kubelet"],
      files: [
        { path: "etc", folder: true },
        { path: "etc/default", folder: true },
        { path: "etc/default/kubelet", content: "KUBELET_EXTRA_ARGS=\n" },
        { path: "etc/kubernetes", folder: true },
        { path: "etc/kubernetes/manifests", folder: true },
        ...usrBin,
        program("kubelet"),
        { path: "usr/lib", folder: true },
        { path: "usr/lib/systemd", folder: true },
        { path: "usr/lib/systemd/system", folder: true },
        { path: "usr/lib/systemd/system/kubelet.service", content: kubeletUnit },
        { path: "usr/lib/systemd/system/kubelet.service.d", folder: true },
        { path: "usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", content: kubeadmDropIn },
      ],
      scripts: { postinst: startKubelet, prerm: stopKubelet },
    },
    {
      name: "kubernetes-cni",
      version: `${cniPluginsVersion}-1.1`,
      description: "Binaries required to provision Kubernetes container networking",
      files: [
        { path: "opt", folder: true },
        { path: "opt/cni", folder: true },
        { path: "opt/cni/bin", folder: true },
        ...["bridge", "host-local", "loopback", "portmap"].map((name) => ({
          path: `opt/cni/bin/${name}`,
          file: join(cni, name),
          mode: 0o755,
        })),
      ],
    },
  ];
}
