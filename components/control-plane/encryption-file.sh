# The API servers' file with the keys that encrypt Secrets. init.sh writes it, encryption.sh changes it.

# encryption_file PROVIDER...: prints the file with these providers, in order. A provider is a key, "NAME SECRET", or
# `identity`, which reads and writes plain text. The first one encrypts, all of them decrypt. Keys must be adjacent.
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

new_encryption_key() { head -c 32 /dev/urandom | base64 -w 0; }
