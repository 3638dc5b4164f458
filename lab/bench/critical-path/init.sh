# Variables: ENDPOINT, API, CONFIGURATION, ENCRYPTION_FILE (empty: none), ENCRYPTION, UPLOAD, CERTIFICATE_KEY. Prints the command
# that joins; the certificates are handed over in the same breath.
[[ -z $ENCRYPTION_FILE ]] || put "$ENCRYPTION_FILE" 0600 <<<"$ENCRYPTION"
until_true 120 getent ahostsv4 "$ENDPOINT"
put /run/kubeadm-init.yaml 0600 <<<"$CONFIGURATION"
put /run/kubeadm-upload.yaml 0600 <<<"${UPLOAD//@CERTIFICATE_KEY@/"$CERTIFICATE_KEY"}"
kubeadm init --config /run/kubeadm-init.yaml --skip-token-print >&2
until_true 120 kubectl --server "$API" --request-timeout=5s get --raw /readyz
kubeadm init phase upload-certs --upload-certs --skip-certificate-key-print --config /run/kubeadm-upload.yaml >&2
rm -f /run/kubeadm-init.yaml /run/kubeadm-upload.yaml
kubeadm token create --ttl 15m --print-join-command
