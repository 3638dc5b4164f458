# Removes the masters' access to the host of the copies when this step is deleted; the copies stay. Creating the step changes
# nothing. Variables: HOST, CLUSTER (FQDN:PORT).

create() { say "the masters' access to $HOST ends when this is deleted; the copies stay"; }

delete() {
  if is_up "$HOST"; then
    remote "$HOST" 300 remove_access HOST CLUSTER KC_STEP >&3
  else
    say "$HOST does not answer: the masters' access was not removed there. Remove it: sudo rm -r /var/lib/kube-control/backups/.ssh"
  fi
}

# On the host of the copies.
remove_access() {
  local user=kube-control-backup folder=/var/lib/kube-control/backups
  lock_host
  if [[ -e $folder/.ssh/authorized_keys ]] && ! grep -qsxF "# Written by kube-control for $CLUSTER." "$folder/.ssh/authorized_keys"; then
    say "this host was not changed: its copies are not those of $CLUSTER"
    return
  fi
  rm -rf "$folder/.ssh" "$folder/latest" /usr/local/sbin/kube-control-receive
  # no later user may get the number of their owner
  [[ ! -d $folder ]] || chown -R root:root "$folder"
  if getent passwd "$user" >/dev/null; then
    userdel "$user" || say "the user $user stays: userdel failed"
  fi
  say "removed the masters' access; the copies are in $folder"
}
