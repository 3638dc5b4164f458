# Variables: NODE, ENDPOINT, ADDRESSES (of the API servers), PORT, COUNT (of masters).
pki=/etc/kubernetes/pki/etcd
voters() {
  local members
  members=$(timeout 30 kubectl -n kube-system exec "etcd-$NODE" -c etcd -- etcdctl --cacert="$pki/ca.crt" \
    --cert="$pki/server.crt" --key="$pki/server.key" member list) || return 1
  [[ $(grep -c ', started, .*, false$' <<<"$members") == "$COUNT" ]]
}
nodes() { [[ $(kubectl get nodes --no-headers | awk '$2 == "Ready"' | wc -l) == "$COUNT" ]]; }
until_true 300 nodes
until_true 60 voters
for address in $ADDRESSES; do
  until_true 60 kubectl --server "https://$address:$PORT" --request-timeout=5s get --raw /readyz
done
