# Makes ENCRYPTION_KEY the only key that encrypts Secrets in etcd, in the order of Kubernetes' documentation
# (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/#rotating-a-decryption-key): every API server can
# decrypt with a key before any of them encrypts with it, and a key is removed when no Secret needs it. The files on the
# masters are the only record: a run that was interrupted continues where it stopped. The API servers reload their file
# by themselves, at most a minute after a change.
# Variables besides those of cluster.sh: ENCRYPTION_FILE, ENCRYPTION_KEY (the key's name, key2 for the second one).

create() {
  local -A providers=()
  find_control_plane_node || fail "no master answers as one of the cluster: nothing was changed"
  read_providers
  remote "$PEER" 60 refuse_unlisted_members API PEER MASTERS
  local SECRET
  SECRET=$(secret_of_key)
  change_all "can decrypt with $ENCRYPTION_KEY" with_key
  change_all "encrypts with $ENCRYPTION_KEY" with_key_first
  remote "$PEER" 2700 rewrite_secrets API PEER ENCRYPTION_KEY >&3
  change_all "has no key except $ENCRYPTION_KEY" with_key_only
}

# read_providers: reads the file of every master. Each one must answer, before anything is changed on any.
read_providers() {
  local name API text
  for name in $(other_masters); do
    API=https://$(address_of "$name"):$PORT
    text=$(remote "$name" 60 read_used_file API ENCRYPTION_FILE) ||
      fail "the keys of $name cannot be read, its message is above: no key was changed in this run. Every master must be ready"
    providers[$name]=$(providers_in "$text") ||
      fail "$ENCRYPTION_FILE on $name is not as kube-control writes it: no key was changed in this run. Restore it, or rotate the key by hand, the same on all masters"
  done
}
# On a master.
read_used_file() {
  is_ready_member || fail "its API server is not ready, or it is not a member of the cluster"
  grep -qxE ' *- --encryption-provider-config-automatic-reload=true' /etc/kubernetes/manifests/kube-apiserver.yaml ||
    fail "its API server does not reload the keys: its manifest has no --encryption-provider-config-automatic-reload=true"
  cat "$ENCRYPTION_FILE" >&3
}

# On PEER. refuse_unlisted_members: a master that is not in the configuration would not get the new key.
refuse_unlisted_members() {
  local name members
  members=$(etcd_members)
  while read -r _ _ name _; do
    [[ -n $(address_of "$name") ]] ||
      fail "etcd has a member $name that is not in the configuration's masters and would not get the key: no key was changed. If this run removes it: set encryptionKeyGeneration back, run pulumi up, then rotate the key. Otherwise add it to the masters, or remove it from etcd"
  done <<<"$members"
}

# secret_of_key: prints the secret of ENCRYPTION_KEY: the one of an earlier run, or a new one.
secret_of_key() {
  local name key secret
  local -A secrets=()
  for name in "${!providers[@]}"; do
    while read -r key secret; do
      [[ $key != identity ]] || continue
      [[ ${secrets[$key]-$secret} == "$secret" ]] ||
        fail "two masters have different keys of the name $key: no key was changed. Find out which one decrypts the Secrets, and write it on all masters"
      secrets[$key]=$secret
      [[ ! $key =~ ^key([0-9]+)$ || ${BASH_REMATCH[1]} -le ${ENCRYPTION_KEY#key} ]] ||
        fail "$name has $key, which is newer than $ENCRYPTION_KEY: no key was changed. Set encryptionKeyGeneration to ${BASH_REMATCH[1]} or more"
    done <<<"${providers[$name]}"
  done
  if [[ -n ${secrets[$ENCRYPTION_KEY]-} ]]; then
    printf '%s' "${secrets[$ENCRYPTION_KEY]}"
  else
    remote "$PEER" 30 print_new_encryption_key
  fi
}

# change_all WHAT FUNCTION: FUNCTION prints the new providers of a master, whose present ones are its arguments. Waits
# until every API server has loaded its file.
change_all() {
  local what=$1 change=$2 name API TEXT present wanted changed='' lines
  for name in $(other_masters); do
    mapfile -t present <<<"${providers[$name]}"
    lines=$("$change" "${present[@]}")
    if [[ $lines != "${providers[$name]}" ]]; then
      mapfile -t wanted <<<"$lines"
      TEXT=$(encryption_file "${wanted[@]}")
      remote "$name" 400 write_encryption_text ENCRYPTION_FILE TEXT KC_STEP >/dev/null
      providers[$name]=$lines
      changed=1
    fi
  done
  for name in $(other_masters); do
    API=https://$(address_of "$name"):$PORT
    remote "$name" 200 wait_for_keys API ENCRYPTION_FILE
  done
  [[ -z $changed ]] || say "every API server $what"
}

# with_key: adds the key without changing which provider encrypts. Plain text stays readable.
with_key() {
  local first=$1
  if has_key "$@"; then
    printf '%s\n' "$@"
  elif [[ $first == identity ]]; then
    printf '%s\n' "$@" "$ENCRYPTION_KEY $SECRET"
  else
    keys_of "$@"
    printf '%s\n' "$ENCRYPTION_KEY $SECRET" identity
  fi
}
with_key_first() {
  local provider
  printf '%s\n' "$ENCRYPTION_KEY $SECRET"
  for provider in "$@"; do
    [[ $provider == identity || ${provider% *} == "$ENCRYPTION_KEY" ]] || printf '%s\n' "$provider"
  done
  echo identity
}
with_key_only() { printf '%s\n' "$ENCRYPTION_KEY $SECRET" identity; }
has_key() { [[ " ${*% *} " == *" $ENCRYPTION_KEY "* ]]; }
keys_of() {
  local provider
  for provider in "$@"; do
    [[ $provider == identity ]] || printf '%s\n' "$provider"
  done
}

# On a master. An API server looks at its file once a minute.
wait_for_keys() { wait_until 150 "the API server to load $ENCRYPTION_FILE" has_loaded_keys; }
has_loaded_keys() {
  local sum seen
  sum=$(sha256sum <"$ENCRYPTION_FILE") || return 1
  seen=$(kube get --raw /metrics | sed -n 's/^apiserver_encryption_config_controller_last_config_info{.*hash="sha256:\([0-9a-f]*\)"} 1$/\1/p') || return 1
  [[ $seen == "${sum%% *}" ]] ||
    { echo "it has loaded the file with the SHA-256 ${seen:-unknown}, and the file now has ${sum%% *}; kubectl -n kube-system logs kube-apiserver-$(hostname) shows why" && return 1; }
}

# On PEER. rewrite_secrets: writes every Secret again that etcd holds in another form than encrypted with
# ENCRYPTION_KEY, until there is none. What changes a Secret meanwhile encrypts it with that key too, so a conflict
# needs no retry: the next round asks etcd again.
rewrite_secrets() {
  local round remaining count namespace names rewritten=0
  for round in 1 2 3 4 5; do
    remaining=$(secrets_to_rewrite) || fail "etcd does not list its Secrets (its message is above)"
    if [[ -z $remaining ]]; then
      say "every Secret in etcd is encrypted with $ENCRYPTION_KEY; written again: $rewritten"
      return
    fi
    count=$(wc -l <<<"$remaining")
    ((round > 1)) || rewritten=$count
    while read -r namespace names; do
      # shellcheck disable=SC2086  # names are separated by blanks
      rewrite_some "$namespace" $names || true
    done < <(in_groups <<<"$remaining")
    ((round == 1)) || sleep "${KC_PAUSE:-5}"
  done
  remaining=$(secrets_to_rewrite) || fail "etcd does not list its Secrets (its message is above)"
  [[ -z $remaining ]] ||
    fail "$(wc -l <<<"$remaining") Secrets are not encrypted with $ENCRYPTION_KEY and cannot be written again, e.g. $(head -n 3 <<<"$remaining" | tr '\n' ';') the former key stays. The messages are above; an admission webhook may refuse the change"
  say "every Secret in etcd is encrypted with $ENCRYPTION_KEY; written again: $rewritten"
}

# rewrite_some NAMESPACE NAME...: the Secrets go from one kubectl to the other. Of its messages only the parts that
# cannot contain a value are logged.
rewrite_some() {
  local namespace=$1
  shift
  echo "writing again, in $namespace: $*"
  kube -n "$namespace" get secrets "$@" --ignore-not-found -o json </dev/null | kube replace -f - 2>&1 |
    { grep -oE '^Error from server( \([A-Za-z]+\))?' || true; }
}

# in_groups: reads lines "NAMESPACE NAME", prints lines "NAMESPACE NAME...", of 50 names at most.
in_groups() {
  sort | awk '
    $1 != namespace || count == 50 { if (count) printf "\n"; printf "%s", $1; namespace = $1; count = 0 }
    { printf " %s", $2; count++ }
    END { if (count) printf "\n" }'
}

# secrets_to_rewrite: prints "NAMESPACE NAME" of each Secret whose value in etcd does not begin with the prefix of
# ENCRYPTION_KEY. It reads 100 Secrets at a time, and the values are compared only.
secrets_to_rewrite() {
  local start=/registry/secrets/ page last=''
  while true; do
    page=$(etcd get "$start" /registry/secrets0 --limit=100 -w fields | foreign_in_page "$last") || return 1
    sed -n 's/^foreign //p' <<<"$page"
    grep -qx more <<<"$page" || return 0
    last=$(sed -n 's/^last //p' <<<"$page")
    [[ -n $last ]] || return 1
    start=/registry/secrets/$last
  done
}
# foreign_in_page LAST: reads etcdctl's fields. Prints `foreign NAMESPACE NAME` for a Secret, `more` if there are
# further pages, and `last NAMESPACE/NAME`. A page begins with the last Secret of the page before, which is skipped.
# gawk allows no variable named namespace.
foreign_in_page() {
  awk -v last="$1" -v prefix="\"Value\" : \"k8s:enc:secretbox:v1:$ENCRYPTION_KEY:" '
    index($0, "\"Key\" : \"/registry/secrets/") == 1 {
      key = substr($0, 28)
      sub(/"$/, "", key)
      next
    }
    index($0, "\"Value\" : ") == 1 && key != "" {
      if (key != last && index($0, prefix) != 1) { name = key; sub(/\//, " ", name); print "foreign " name }
      seen = key
      key = ""
      next
    }
    $0 == "\"More\" : true" { more = 1 }
    index($0, "\"Count\" : ") == 1 { complete = 1 }
    END {
      if (!complete) { print "etcdctl printed no complete answer" > "/dev/stderr"; exit 1 }
      if (more) print "more"
      print "last " seen
    }'
}
