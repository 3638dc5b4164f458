# Writes one encrypted archive with what a rebuild of the cluster needs, and copies it to another host. It contains a snapshot of
# this master's etcd, the certificate authorities, the keys that encrypt Secrets, the files of the API server and kubeadm's
# configuration. Only the owner of a recipient's identity can decrypt it. kube-control-backup.service runs run.sh and this as one
# program.
# Arguments: NODE CLUSTER KEEP LOGIN PORT RECIPIENT...
#   CLUSTER    FQDN:PORT
#   KEEP       number of archives that stay on this host
#   LOGIN      USER@ADDRESS of the host of the copies; PORT: of its sshd
#   RECIPIENT  public key of age

node=$1 cluster=$2 keep=$3 login=$4 port=$5
recipients=("${@:6}")

unit=kube-control-backup lock=.lock result_file=last.json
key=/var/lib/kube-control/backup-key
known_hosts=/var/lib/kube-control/backup-known-hosts
pki=/etc/kubernetes/pki
manifests=/etc/kubernetes/manifests
encryption=$pki/encryption-at-rest.yaml
# the files without which the cluster cannot be rebuilt
authorities=("$pki"/{ca,front-proxy-ca,etcd/ca}.{crt,key} "$pki"/sa.{key,pub})
# etcd's pod shares only its data folder with the host
data=/var/lib/etcd
snapshot=$data/kube-control-backup.db

mib=$((1024 * 1024))
reserve=$((512 * mib))        # bytes that stay free on a disk
defragment_gain=$((100 * mib)) # bytes that a defragmentation must free at least

# fields of the result
archive='' bytes=0 revision=0 hash=0 copied=false

result_fields() {
  printf '"archive":"%s","bytes":%s,"revision":%s,"copied":%s,' "$archive" "$bytes" "$revision" "$copied"
}
remove_temporary() { rm -f "$snapshot" "$snapshot.part" "$folder/.$node-"*.part; }

main() {
  local now stamp problem=''
  mkdir -p "$folder"
  chmod 0700 "$folder"
  start_run

  now=$(date +%s)
  printf -v stamp '%(%Y%m%dT%H%M%SZ)T' "$now"
  find_etcd
  require_space
  write_archive "$node-$stamp.tar.age" "$now"
  remove_old_archives
  copy_missing && copied=true || problem="the archive $archive is on $node, but not on the host of the copies: $problem"
  defragment
  [[ -z $problem ]] || fail "$problem"
}

# find_etcd: sets `container` to the ID of etcd's running container. ctr is in every package of containerd.
find_etcd() {
  local names tasks
  names=$(ctr --namespace k8s.io containers list --quiet \
    'labels."io.kubernetes.container.name"==etcd,labels."io.kubernetes.pod.namespace"==kube-system') &&
    tasks=$(ctr --namespace k8s.io tasks list) || fail "containerd does not list its containers: systemctl status containerd"
  container=$(awk 'NR == FNR { wanted[$1]; next } $1 in wanted && $3 == "RUNNING" { print $1; exit }' <(echo "$names") <(echo "$tasks"))
  [[ -n $container ]] || fail "etcd does not run on this host: journalctl -u kubelet, and the logs in /var/log/pods, show why"
}

# in_etcd SECONDS COMMAND...: runs a program of etcd's image in its container.
in_etcd() { timeout "$1" ctr --namespace k8s.io tasks exec --exec-id "kube-control-$$-$RANDOM" "$container" "${@:2}" </dev/null; }
etcdctl() {
  in_etcd 1800 etcdctl --endpoints=https://127.0.0.1:2379 --cacert="$pki/etcd/ca.crt" --cert="$pki/etcd/server.crt" \
    --key="$pki/etcd/server.key" --command-timeout=900s "$@"
}

# require_space: a full disk stops etcd. The snapshot is as large as the database, and the archive at most a little larger.
require_space() {
  local size
  size=$(stat -c %s "$data/member/snap/db")
  (($(free_space "$data") > 2 * size + reserve)) ||
    fail "the disk of $data has $(($(free_space "$data") / mib)) MiB free, and a backup needs $(((2 * size + reserve) / mib)) MiB: free some space"
  (($(free_space "$folder") > size + reserve)) ||
    fail "the disk of $folder has $(($(free_space "$folder") / mib)) MiB free, and a backup needs $(((size + reserve) / mib)) MiB: free some space"
}
free_space() { df --output=avail --block-size=1 "$1" | tail -n 1; }

# write_archive NAME TIME: if the files of this master are changed meanwhile, another snapshot is made. A snapshot may need the former
# keys, and a certificate and its key must belong together.
write_archive() {
  local before temporary=$folder/.$1.part
  while true; do
    before=$(digest_of_files)
    save_snapshot
    collect "$2"
    encrypt >"$temporary" || fail "the archive was not written (the messages of tar and age are above)"
    [[ $(digest_of_files) != "$before" ]] || break
    say "the keys or the settings of this master were changed during the backup: making another snapshot"
  done
  bytes=$(stat -c %s "$temporary")
  sync "$temporary"
  mv "$temporary" "$folder/$1"
  sync "$folder"
  archive=$1
  rm -f "$snapshot"
  say "wrote $folder/$archive ($((bytes / 1024)) KiB)"
}
# a file may be missing
digest_of_files() { sha256sum "${authorities[@]}" "$encryption" /etc/kubernetes/kube-control/* 2>/dev/null || true; }
# encrypt: prints the archive. The plain text is in a pipe only.
encrypt() {
  local options=() recipient
  for recipient in "${recipients[@]}"; do options+=(-r "$recipient"); done
  tar --create --dereference --owner=0 --group=0 --numeric-owner --directory "$scratch" about.json kubeadm.yaml pki kube-control etcd.db |
    age "${options[@]}"
}

save_snapshot() {
  local status
  rm -f "$snapshot" "$snapshot.part"
  etcdctl snapshot save "$snapshot" || fail "etcd made no snapshot (its messages are above)"
  chmod 0600 "$snapshot"
  status=$(in_etcd 1800 etcdutl snapshot status "$snapshot" --write-out=json) ||
    fail "the snapshot is not valid (the messages of etcdutl are above): the data of this master's etcd may be damaged"
  [[ $status =~ \"hash\":([0-9]+) ]] && hash=${BASH_REMATCH[1]} && [[ $status =~ \"revision\":([0-9]+) ]] &&
    revision=${BASH_REMATCH[1]} || fail "etcdutl reported no hash and revision of the snapshot: $status"
  say "saved a snapshot of revision $revision"
}

# collect TIME: fills the scratch folder with links to the files of the archive, so that no secret is copied.
collect() {
  local file
  # of a snapshot that was given up
  rm -rf "${scratch:?}"/*
  mkdir -p "$scratch/pki/etcd" "$scratch/kube-control"
  ln -s "$snapshot" "$scratch/etcd.db"
  for file in "${authorities[@]}"; do
    [[ -s $file ]] || fail "$file is missing: the cluster cannot be rebuilt without it"
    ln -s "$file" "$scratch/pki/${file#"$pki/"}"
  done
  [[ ! -e $encryption ]] || ln -s "$encryption" "$scratch/pki/"
  for file in /etc/kubernetes/kube-control/*; do
    [[ ! -f $file ]] || ln -s "$file" "$scratch/kube-control/"
  done
  read_configuration
  about "$1" >"$scratch/about.json"
}

# read_configuration: kubeadm's ClusterConfiguration. If no API server answers, the configuration of the last run is used: it is needed
# most when the cluster is down.
read_configuration() {
  local last=$folder/kubeadm.yaml
  if kube -n kube-system get configmap kubeadm-config -o 'jsonpath={.data.ClusterConfiguration}' >"$scratch/kubeadm.yaml" &&
    grep -q '^kind: ClusterConfiguration' "$scratch/kubeadm.yaml"; then
    cp "$scratch/kubeadm.yaml" "$last.new"
    mv -f "$last.new" "$last"
    return
  fi
  [[ -s $last ]] || fail "no API server returned kubeadm's configuration, and no earlier run has stored it: the messages of kubectl are above"
  say "no API server returned kubeadm's configuration: the archive has that of $(date -r "$last" +%FT%TZ)"
  cp "$last" "$scratch/kubeadm.yaml"
}
# kube ARGUMENT...: asks the API server of this host; if it does not answer, another one through the endpoint.
kube() {
  local server
  for server in "https://$(flag advertise-address):$(flag secure-port)" ""; do
    kubectl --kubeconfig /etc/kubernetes/admin.conf ${server:+--server "$server"} --request-timeout=20s "$@" && return
  done
  return 1
}
flag() { sed -n "s/^ *- --$1=//p" "$manifests/kube-apiserver.yaml"; }

# about TIME: prints what the archive contains, in JSON.
about() {
  local sizes
  sizes=$(cd "$scratch" && find -L . -type f ! -name about.json -printf ',"%P":%s' | cut -c 2-)
  printf '{"format":1,"cluster":"%s","node":"%s","kubernetes":"%s","etcdImage":"%s","time":"%(%FT%TZ)T","revision":%s,"hash":%s,"sizes":{%s}}\n' \
    "$cluster" "$node" "$(image_of kube-apiserver | sed 's/.*://')" "$(image_of etcd)" "$1" "$revision" "$hash" "$sizes"
}
image_of() { sed -n 's/^ *image: *//p' "$manifests/$1.yaml" | head -n 1; }

# own_archives: prints the names of this node's archives, the oldest first.
own_archives() {
  find "$folder" -maxdepth 1 -type f -regextype posix-extended -regex ".*/$node-[0-9]{8}T[0-9]{6}Z\.tar\.age" -printf '%f\n' | sort
}

remove_old_archives() {
  local name
  while read -r name; do
    rm -f "$folder/$name"
    say "removed $name"
  done < <(own_archives | head -n "-$keep")
}

# copy_missing: sends each archive that the other host does not have, the newest first. Sets `problem` if that fails.
copy_missing() {
  local there name size status
  there=$(to_copies 60 list </dev/null 2>"$scratch/said") || { copy_failed && return 1; }
  while read -r name; do
    ! grep -qxF -e "$name" <<<"$there" || continue
    size=$(stat -c %s "$folder/$name") status=0
    to_copies 3600 "put $name $size" <"$folder/$name" 2>"$scratch/said" || status=$?
    if ((status == 0)); then
      say "copied $name to $login"
      continue
    fi
    [[ -n $problem ]] || copy_failed
    # it was refused, and an older one may be accepted. Other statuses are of a broken connection
    ((status == 1)) || break
  done < <(own_archives | sort -r)
  [[ -z $problem ]]
}
copy_failed() {
  problem=$(tail -n 3 "$scratch/said" | tr '\n' ' ')
  problem="$login refused or did not answer: ${problem:-no message}"
}

# to_copies SECONDS COMMAND: the other host runs kube-control-receive, whatever the command is.
to_copies() {
  timeout "$1" ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o IdentityFile="$key" -o UserKnownHostsFile="$known_hosts" \
    -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o UpdateHostKeys=no -o LogLevel=ERROR -o ConnectTimeout=10 \
    -o ServerAliveInterval=10 -o ServerAliveCountMax=3 -p "$port" "$login" "$2"
}

# defragment: returns the space that etcd no longer uses to the disk. The member does not answer meanwhile, so all others must
# be healthy, and no node may be in maintenance, because its member may stop. The masters' timers have different times, so that one
# member is defragmented at a time. With an alarm, an operator decides: docs/operations.md.
defragment() {
  local status size used of maintenance alarms
  status=$(etcdctl endpoint status --write-out=json) || return 0
  [[ $status =~ \"dbSize\":([0-9]+) ]] && size=${BASH_REMATCH[1]} || return 0
  [[ $status =~ \"dbSizeInUse\":([0-9]+) ]] && used=${BASH_REMATCH[1]} || return 0
  ((size - used >= defragment_gain && 2 * used < size)) || return 0
  of="$((used / mib)) of $((size / mib)) MiB"
  if ! etcdctl endpoint health --cluster >/dev/null; then
    say "etcd uses $of; it is not defragmented, because a member is not healthy"
  elif ! alarms=$(etcdctl alarm list) || [[ -n $alarms ]]; then
    say "etcd uses $of; it is not defragmented, because it has an alarm, or does not list its alarms"
  elif ! maintenance=$(kube get nodes -o "jsonpath={.items[*].metadata.annotations['kube-control/maintenance']}") || [[ -n $maintenance ]]; then
    say "etcd uses $of; it is not defragmented, because a node is in maintenance, or no API server lists the nodes"
  elif etcdctl defrag; then
    say "defragmented etcd, which used $of"
  else
    say "the defragmentation of etcd failed; etcd continues with $((size / mib)) MiB, of which it uses $((used / mib))"
  fi
}

main
