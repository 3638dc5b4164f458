# Reads what a restore must know about a master, and changes nothing. It prints a fact on each line: NAME VALUE.
# Variables: CLUSTER (FQDN:PORT), NODE, ROLE, API.

exec 3>&1
fact() { printf '%s %s\n' "$1" "${2//[[:cntrl:]]/ }"; }

survey() {
  fact state "$(node_state 3>&1)"
  fact other "$(other_identity 3>&1)"
  fact leader "$(etcd_has_leader && echo yes || echo no)"
  fact data "$([[ -e /var/lib/etcd/member ]] && echo yes || echo no)"
  # an interrupted run with --survivor is completed
  fact survivor "$([[ -e /var/lib/kube-control/survivor ]] && echo yes || echo no)"
  fact data-bytes "$(du -sb /var/lib/etcd 2>/dev/null | awk '{ print $1 }')"
  fact free-bytes "$(df --output=avail --block-size=1 /var/lib | tail -n 1)"
  fact complete yes
}
survey
