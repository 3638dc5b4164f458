# Reads what maintenance would do on a host. It changes only the package lists. It prints a fact on each line: NAME VALUE.
# Variables: ROLE (master, worker, load balancer, monitor), NODE, VIRTUAL_IP.

exec 3>&1
fact() { printf '%s %s\n' "$1" "${2//[[:cntrl:]]/ }"; }
facts() {
  local line
  while read -r line; do
    [[ -z $line ]] || fact "$1" "$line"
  done
}

survey() {
  local planned
  KC_HOST=$(hostname) kc_changed=()
  apt_update >/dev/null 2>&1 || fact lists-failed "apt-get update failed"
  fact lists-age "$(lists_age)"
  if planned=$(updates 2>&1); then
    facts update <<<"$planned"
  else
    fact updates-failed "$(tail -n 3 <<<"$planned" | tr '\n' ' ')"
  fi
  facts kept < <(other_holds | grep -vxF -f <(kubernetes_packages) || true)
  facts reboot < <(reboot_reasons)
  facts reboot-request < <(reboot_request)
  case $ROLE in
    'load balancer')
      [[ ! -e /var/lib/kube-control/load-balancer/maintenance ]] || fact interrupted yes
      fact holds "$([[ -z $(ip -4 -o address show to "$VIRTUAL_IP/32") ]] && echo no || echo yes)"
      ;;
    master | worker)
      [[ -z $(KUBECONFIG=/etc/kubernetes/kubelet.conf timeout 20 kubectl --request-timeout=10s get node "$NODE" \
        -o "jsonpath={.metadata.annotations['kube-control/maintenance']}" 2>/dev/null) ]] || fact interrupted yes
      ;;
  esac
  fact complete yes
}
survey
