# Downloads Kubernetes' packages of $KUBERNETES_VERSION and their dependencies from the flat repository at $URL into /out. apt
# checks the signature of the repository with $URL/Release.key. Packages of Debian come from the snapshot at /debian.
key=/etc/apt/keyrings/kubernetes.asc
# without internet this fails within seconds
timeout 15 /usr/lib/apt/apt-helper -o Acquire::Retries=0 download-file "$URL/Release.key" $key
echo "deb [signed-by=$key] $URL/ /" >/etc/apt/sources.list.d/kubernetes.list
cat >/etc/apt/apt.conf.d/92kubernetes <<'END'
APT::Update::Error-Mode "any";
Acquire::Retries "2";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
END
apt-get -q update
mkdir -p /out/partial
apt-get -q -y -o Dir::Cache::archives=/out --no-install-recommends --download-only install \
  "kubeadm=$KUBERNETES_VERSION-*" "kubelet=$KUBERNETES_VERSION-*" "kubectl=$KUBERNETES_VERSION-*"
rm -r /out/partial
rm -f /out/lock
