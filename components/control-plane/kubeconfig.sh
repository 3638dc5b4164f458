# Reads the administrator's kubeconfig, whose server is the endpoint's name.

create() {
  find_sponsor || fail "no master answers"
  result "$(remote "$SPONSOR" 30 admin_kubeconfig)"
}
admin_kubeconfig() { result "$(</etc/kubernetes/admin.conf)"; }
