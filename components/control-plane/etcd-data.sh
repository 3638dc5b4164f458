# Makes etcd's data folder from a snapshot, with etcdutl of etcd's image. These functions run on a master as root.

# make_etcd_data IMAGE SNAPSHOT ADDRESS STATUS OPTION...: makes data in which this node is the only member. STATUS is the output of
# snapshot_status. All earlier revisions are compacted, so each client with a watch reads all objects again. Variable: NODE.
# https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump
make_etcd_data() {
  local peer=https://$3:2380
  rm -rf /var/lib/etcd/restored
  etcdutl "$1" "$2" snapshot restore "$2" --data-dir /var/lib/etcd/restored --name "$NODE" --initial-cluster "$NODE=$peer" \
    --initial-advertise-peer-urls "$peer" --bump-revision "$(revision_bump "$4")" --mark-compacted "${@:5}"
  sync
}
snapshot_status() { etcdutl "$1" "$2" snapshot status "$2" --write-out=json; }
# revision_bump STATUS: prints the difference between the revision and the time in microseconds. With it, the new revision is higher
# than each one of the lost cluster, also if that cluster was restored before, so no client takes an old object for a newer one. The
# new revision must not be after the time: if another restore followed at once, its revision would be lower, and each client would
# wait for events after the higher one.
revision_bump() {
  [[ $1 =~ \"revision\":([0-9]+) ]] || fail "etcdutl reports no revision: $1"
  local bump=$(($(date +%s%6N) - BASH_REMATCH[1]))
  # the clock is wrong if the time is before the revision
  echo "$((bump > 0 ? bump : 1000000000))"
}
# use_etcd_data: there must be no other data.
use_etcd_data() {
  mv /var/lib/etcd/restored/member /var/lib/etcd/member
  rm -rf /var/lib/etcd/restored
}

# etcdutl IMAGE SNAPSHOT ARGUMENT...: runs it in a container of its own, which has the snapshot's folder.
etcdutl() {
  (umask 077 && mkdir -p /var/lib/etcd)
  ctr --namespace k8s.io run --rm --mount type=bind,src=/var/lib/etcd,dst=/var/lib/etcd,options=rbind:rw \
    --mount "type=bind,src=${2%/*},dst=${2%/*},options=rbind:rw" "$1" "kube-control-restore-$RANDOM" etcdutl "${@:3}"
}
