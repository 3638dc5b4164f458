# Writes the file with the keys on masters that have none: those of a cluster whose Secrets were not encrypted so far.
# Its first provider is plain text, so that nothing is encrypted before every API server has the key (encryption.sh). It
# runs before the API servers get the flag that names the file.
# Variables besides those of cluster.sh: ENCRYPTION_FILE, ENCRYPTION_KEY (the key's name).

create() {
  local name text secret TEXT='' absent=() silent=''
  find_control_plane_node || fail "no master answers as one of the cluster: nothing was changed"
  for name in $(other_masters); do
    if ! text=$(remote "$name" 30 read_file_if_any ENCRYPTION_FILE); then
      silent+=" $name"
    elif [[ -z $text ]]; then
      absent+=("$name")
    else
      TEXT=$text
    fi
  done
  ((${#absent[@]})) || return 0
  if [[ -z $TEXT ]]; then
    # a master that does not answer may have a key of an interrupted run
    [[ -z $silent ]] || fail "no master that answers has a key, and these do not answer:$silent. Nothing was changed. The encryption is turned on when every master answers"
    secret=$(remote "$PEER" 30 print_new_encryption_key)
    TEXT=$(encryption_file identity "$ENCRYPTION_KEY $secret")
  fi
  for name in "${absent[@]}"; do
    remote "$name" 400 write_encryption_text ENCRYPTION_FILE TEXT KC_STEP >/dev/null
    say "$name has the keys"
  done
}

# On a master.
read_file_if_any() { [[ ! -e $ENCRYPTION_FILE ]] || cat "$ENCRYPTION_FILE" >&3; }
