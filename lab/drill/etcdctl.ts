/** etcdctl lies in etcd's image; it is run from there, for the host has none. */
export const etcdctl = `etcdctl() {
  local pki=/etc/kubernetes/pki/etcd
  "/proc/$(pgrep -x etcd | head -1)/root/usr/local/bin/etcdctl" --endpoints "$1" --cacert $pki/ca.crt --cert $pki/server.crt --key $pki/server.key "\${@:2}"
}
`;
