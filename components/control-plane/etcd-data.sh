# Makes etcd's data folder from a snapshot, with etcdutl of etcd's image. These functions run on a master as root.

# make_etcd_data IMAGE SNAPSHOT ADDRESS OPTION...: makes data in which this node is the only member. The revision is raised by more
# than a lost cluster can have counted since, and everything before it counts as compacted: whoever watches reads all objects
# again, and nobody takes an old object for a newer one. Variable: NODE.
# https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-with-revision-bump
make_etcd_data() {
  local peer=https://$3:2380
  rm -rf /var/lib/etcd/restored
  etcdutl "$1" "$2" snapshot restore "$2" --data-dir /var/lib/etcd/restored --name "$NODE" --initial-cluster "$NODE=$peer" \
    --initial-advertise-peer-urls "$peer" --bump-revision 1000000000 --mark-compacted "${@:4}"
  sync
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
