# Writes the certificate authority that the agent's checks trust. Variables: CONF_D, CONTAINER, FILE, AUTHORITY (PEM).

create() {
  [[ $AUTHORITY == *'-----BEGIN CERTIFICATE-----'* ]] ||
    fail "there is no certificate authority to write: the kubeconfig of the cluster has no certificate-authority-data"
  mkdir -p "$CONF_D"
  write_file "$FILE" 0644 "$AUTHORITY"
  # an agent keeps the authority that it has read at its first check
  restart_if_outdated
}
