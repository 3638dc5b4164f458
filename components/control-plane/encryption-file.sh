# The API servers' file with the keys that encrypt Secrets: /etc/kubernetes/pki/encryption-at-rest.yaml on each master.
# init.sh writes it, a join copies it, encryption.sh changes it. Keys are passed on standard input and in variables of
# bash only, so that no process list, log or error shows one. Variable: ENCRYPTION_FILE.

# encryption_file PROVIDER...: prints the file with these providers, in order. A provider is a key, "NAME SECRET", or
# `identity`, which reads and writes plain text. The first one encrypts, all of them decrypt.
encryption_file() {
  local provider in_keys=0
  printf '%s\n' 'apiVersion: apiserver.config.k8s.io/v1' 'kind: EncryptionConfiguration' 'resources:' \
    '  - resources: [secrets]' '    providers:'
  for provider in "$@"; do
    if [[ $provider == identity ]]; then
      printf '%s\n' '      - identity: {}'
      in_keys=0
    else
      ((in_keys)) || printf '%s\n' '      - secretbox:' '          keys:'
      in_keys=1
      printf '            - name: %s\n              secret: %s\n' "${provider% *}" "${provider#* }"
    fi
  done
}

# providers_in TEXT: prints the providers of a file, a line each. Fails if encryption_file does not write such a text.
providers_in() {
  local line name='' found=()
  while read -r line; do
    case $line in
      '- identity: {}') found+=(identity) ;;
      '- name: '*) name=${line#- name: } ;;
      'secret: '*) found+=("$name ${line#secret: }") ;;
    esac
  done <<<"$1"
  ((${#found[@]})) && [[ $(encryption_file "${found[@]}") == "$1" ]] || return 1
  printf '%s\n' "${found[@]}"
}

new_encryption_key() { head -c 32 /dev/urandom | base64 -w 0; }

# On a master.
print_new_encryption_key() { say "$(new_encryption_key)"; }

# write_encryption_text: writes TEXT, and waits until it is on the disk: without the key, Secrets cannot be read. A
# killed run may have left a temporary file with keys. Variable: TEXT.
write_encryption_text() {
  lock_host
  rm -f "$ENCRYPTION_FILE".??????
  write_file "$ENCRYPTION_FILE" 0600 "$TEXT"$'\n'
  sync "$ENCRYPTION_FILE" "${ENCRYPTION_FILE%/*}"
}
