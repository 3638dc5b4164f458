# Prepares the host of the copies: a user that may only store archives, its folders, and the masters' keys.
# Variables: NODES (names of the masters), AUTHORIZED_KEYS, PROGRAM.

copies_user=kube-control-backup
copies_folder=/var/lib/kube-control/backups
receive_program=/usr/local/sbin/kube-control-receive
authorized_keys=$copies_folder/.ssh/authorized_keys

create() {
  local path mode owner
  if ! getent passwd "$copies_user" >/dev/null; then
    # `*`: no password; sshd treats `!` as a locked account
    useradd --system --user-group --home-dir "$copies_folder" --no-create-home --shell /bin/sh --password '*' "$copies_user"
    say "made the user $copies_user"
  fi
  # the user passes through this folder, whose content stays as it is
  mkdir -p "$(dirname "$copies_folder")"
  chmod go+x "$(dirname "$copies_folder")"
  while read -r path mode owner; do
    mkdir -p "$path"
    chown "$owner:$owner" "$path"
    chmod "$mode" "$path"
  done < <(copies_folders)
  # Archives of an earlier set-up belong to root. Those of a former master are uploaded, too.
  for path in "$copies_folder"/*/; do
    [[ -z $(find "$path" -maxdepth 1 -name '*.tar.age' -print -quit) ]] || chown -R "$copies_user:$copies_user" "$path"
  done
  write_copies_files
}

# check: compares this host with what create() writes (host/check.sh).
check() {
  local path mode owner
  getent passwd "$copies_user" >/dev/null || differs "user $copies_user" "is missing"
  while read -r path mode owner; do
    expect "mode and owner of $path" "$mode $owner:$owner" "$(stat -c '0%a %U:%G' "$path" 2>/dev/null || true)"
  done < <(copies_folders)
  write_copies_files
}

# copies_folders: prints a line PATH MODE OWNER for each folder, those above first. Only the user may read archives. The agent's
# check of their age needs the names and times in `latest`.
copies_folders() {
  local node
  echo "$copies_folder 0755 root"
  echo "$copies_folder/.ssh 0755 root"
  echo "$copies_folder/latest 0755 $copies_user"
  for node in $NODES; do
    echo "$copies_folder/$node 0700 $copies_user"
  done
}

# In a check, write_file compares.
write_copies_files() {
  write_file "$receive_program" 0755 "$PROGRAM"
  write_file "$authorized_keys" 0644 "$AUTHORIZED_KEYS"
}
