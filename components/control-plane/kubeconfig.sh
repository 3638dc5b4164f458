# Reads the administrator's kubeconfig, whose server is the endpoint's name.

# Printed once it has come as a whole: what a failed step has printed goes into its error.
create() {
  local config
  find_control_plane_node || fail "no master answers"
  config=$(remote "$PEER" 30 admin_kubeconfig)
  result "$config"
}
admin_kubeconfig() { cat /etc/kubernetes/admin.conf >&3; }
