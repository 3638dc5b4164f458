# Variables: ENDPOINT, CONFIGURATION, ENCRYPTION_FILE (empty: none), ENCRYPTION.
[[ -z $ENCRYPTION_FILE ]] || put "$ENCRYPTION_FILE" 0600 <<<"$ENCRYPTION"
put /run/kubeadm-join.yaml 0600 <<<"$CONFIGURATION"
until_true 120 getent ahostsv4 "$ENDPOINT"
kubeadm join --config /run/kubeadm-join.yaml
rm -f /run/kubeadm-join.yaml
