# Makes the key with which a master stores copies on another host, and prints its public part. Variables: those of files.sh.

create() {
  install_packages openssh-client
  if [[ ! -s $backup_key ]]; then
    mkdir -p "$(dirname "$backup_key")"
    rm -f "$backup_key.new" "$backup_key.new.pub"
    ssh-keygen -q -t ed25519 -N '' -C kube-control-backup -f "$backup_key.new"
    rm -f "$backup_key.new.pub"
    mv -f "$backup_key.new" "$backup_key"
    say "made $backup_key"
  fi
  chmod 0600 "$backup_key"
  say "$(ssh-keygen -y -f "$backup_key" | awk '{ print $1, $2 }')"
}
