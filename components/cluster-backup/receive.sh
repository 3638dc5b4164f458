#!/bin/bash
# Written by kube-control. The only command that a master's key may run on this host (authorized_keys). It stores copies of the
# master's backups.
# Arguments: NODE KEEP (number of copies that stay). Command of the client, in SSH_ORIGINAL_COMMAND:
#   list            prints the names of the copies
#   put NAME BYTES  reads one archive from standard input
set -euo pipefail
umask 077
export LC_ALL=C TZ=UTC

node=$1 keep=$2
root=/var/lib/kube-control/backups
folder=$root/$node
# a link to the newest copy of each master, for the agent's check of their age
newest=$root/latest/$node.tar.age
# bytes; etcd's documentation advises at most 8 GiB
longest=$((16 * 1024 * 1024 * 1024))

refuse() {
  printf 'kube-control-receive: %s\n' "$*" >&2
  exit 1
}

copies() {
  find "$folder" -maxdepth 1 -type f -regextype posix-extended -regex ".*/$node-[0-9]{8}T[0-9]{6}Z\.tar\.age" -printf '%f\n' | sort
}

# put NAME BYTES
put() {
  local name=$1 size=$2 temporary=$folder/.incoming received
  [[ $name =~ ^"$node"-([0-9]{8})T([0-9]{6})Z\.tar\.age$ ]] || refuse "the name of the archive is not valid"
  local day=${BASH_REMATCH[1]} time=${BASH_REMATCH[2]}
  # it would stay the newest copy, and later ones would be removed
  [[ $day$time < $(date -d '+1 day' +%Y%m%d%H%M%S) ]] || refuse "$name is more than a day ahead of this host's clock"
  [[ $size =~ ^[1-9][0-9]{0,11}$ ]] && ((size <= longest)) || refuse "the size of $name is not from 1 to $longest bytes"
  exec 9>"$folder/.lock"
  flock -w 30 9 || refuse "another transfer from $node is running"
  [[ ! -e $folder/$name ]] || refuse "$name exists already"
  # of a transfer that was interrupted
  rm -f "$temporary"
  fits "$size" || refuse "the disk of $folder has no space for $name ($size bytes)"
  head -c "$((size + 1))" >"$temporary"
  received=$(stat -c %s "$temporary")
  if ((received != size)); then
    rm -f "$temporary"
    refuse "$name has another size than announced: $size bytes; received $received"
  fi
  if [[ $(head -c 21 "$temporary" | tr -d '\0') != age-encryption.org/v1 ]]; then
    rm -f "$temporary"
    refuse "$name is not encrypted with age"
  fi
  # the age of the data, not that of the copy
  touch -d "${day:0:4}-${day:4:2}-${day:6:2} ${time:0:2}:${time:2:2}:${time:4:2}" "$temporary"
  sync "$temporary"
  # unlike a rename, a link never replaces a file
  ln "$temporary" "$folder/$name"
  rm -f "$temporary"
  sync "$folder"
  remove_old
}

# fits BYTES: a tenth of the disk stays free.
fits() {
  local total free
  read -r total free < <(df --output=size,avail --block-size=1 "$folder" | tail -n 1)
  ((free - $1 > total / 10))
}

remove_old() {
  local name last
  last=$(copies | tail -n 1)
  if [[ ! $newest -ef $folder/$last ]]; then
    ln -f "$folder/$last" "$newest.new"
    mv -f "$newest.new" "$newest"
  fi
  copies | head -n "-$keep" | while read -r name; do rm -f "$folder/$name"; done
}

read -r verb name size rest <<<"${SSH_ORIGINAL_COMMAND-}" || true
case "$verb:$rest" in
  list:) copies ;;
  put:) put "$name" "$size" ;;
  *) refuse "the command is neither list nor put NAME BYTES" ;;
esac
