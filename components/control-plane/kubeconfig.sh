# Reads the administrator's kubeconfig, whose server is the endpoint's name.

# It is printed only when it has arrived completely: an error of a failed step would contain what the step printed.
create() {
  local config
  find_control_plane_node || fail "no master answers"
  config=$(remote "$PEER" 30 admin_kubeconfig)
  say "$config"
}
admin_kubeconfig() { cat /etc/kubernetes/admin.conf >&3; }
