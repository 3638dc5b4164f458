# Creates Kubernetes' packages in $OUT, with the names, versions, paths and units of upstream. Their programs are the lab's own
# builds: $KUBERNETES of version $KUBERNETES_VERSION, and $CNI_PLUGINS of version $CNI_PLUGINS_VERSION.
umask 022
# the latest modification time that dpkg-deb writes: the same programs give the same packages
export SOURCE_DATE_EPOCH=0
scratch=$(mktemp -d)
tree=$scratch/package

# pack NAME VERSION SYNOPSIS [DEPENDS]: creates a package from the files in $tree, and empties $tree.
pack() {
  echo "packing $1"
  mkdir -p "$tree/DEBIAN"
  printf '%s\n' "Package: $1" "Version: $2" "Architecture: amd64" "Maintainer: kube-control's lab <lab@localhost>" \
    "Section: admin" "Priority: optional" ${4:+"Depends: $4"} "Description: $3" >"$tree/DEBIAN/control"
  dpkg-deb -Zgzip -z3 --root-owner-group --build "$tree" "$OUT"
  rm -r "$tree"
}

install -D "$KUBERNETES/kubeadm" "$tree/usr/bin/kubeadm"
pack kubeadm "$KUBERNETES_VERSION-1.1" "Command-line utility for administering a Kubernetes cluster"

install -D "$KUBERNETES/kubectl" "$tree/usr/bin/kubectl"
pack kubectl "$KUBERNETES_VERSION-1.1" "Command-line utility for interacting with a Kubernetes cluster"

install -D -t "$tree/opt/cni/bin" "$CNI_PLUGINS/bridge" "$CNI_PLUGINS/host-local" "$CNI_PLUGINS/loopback" \
  "$CNI_PLUGINS/portmap"
pack kubernetes-cni "$CNI_PLUGINS_VERSION-1.1" "Binaries required to provision Kubernetes container networking"

install -D "$KUBERNETES/kubelet" "$tree/usr/bin/kubelet"
units=$tree/usr/lib/systemd/system
mkdir -p "$tree/DEBIAN" "$tree/etc/default" "$tree/etc/kubernetes/manifests" "$units/kubelet.service.d"
echo "KUBELET_EXTRA_ARGS=" >"$tree/etc/default/kubelet"
echo /etc/default/kubelet >"$tree/DEBIAN/conffiles"
cat >"$units/kubelet.service" <<'EOF'
[Unit]
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
EOF
cat >"$units/kubelet.service.d/10-kubeadm.conf" <<'EOF'
# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# Written by kubeadm init and kubeadm join
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# For the user's own flags, as a last resort
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
EOF
cat >"$tree/DEBIAN/postinst" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --now kubelet.service
fi
EOF
cat >"$tree/DEBIAN/prerm" <<'EOF'
#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now kubelet.service
fi
EOF
chmod 755 "$tree/DEBIAN/postinst" "$tree/DEBIAN/prerm"
depends="iptables (>= 1.4.21), kubernetes-cni (>= 1.2.0), iproute2, socat, util-linux, mount, ebtables, ethtool, conntrack"
pack kubelet "$KUBERNETES_VERSION-1.1" "Node agent for Kubernetes clusters" "$depends"
rmdir "$scratch"
