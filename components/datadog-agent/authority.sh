# Writes the certificate authority that the agent's checks trust. Variables: CONF_D, CONTAINER, FILE, AUTHORITY (PEM).

create() {
  [[ $AUTHORITY == *'-----BEGIN CERTIFICATE-----'* ]] ||
    fail "there is no certificate authority to write: the kubeconfig of the cluster has no certificate-authority-data"
  mkdir -p "$CONF_D"
  write_file "$FILE" 0644 "$AUTHORITY"
  # a check reads the authority only at its first run
  restart_if_outdated
}
