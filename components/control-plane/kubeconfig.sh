# Reads the administrator's kubeconfig, whose server is the endpoint's name.

create() {
  find_sponsor || fail "no master answers"
  remote "$SPONSOR" 30 admin_kubeconfig >&3
}
admin_kubeconfig() { cat /etc/kubernetes/admin.conf >&3; }
