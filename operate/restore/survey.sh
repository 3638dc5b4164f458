# Reads what a restore must know about a master, and changes nothing. It prints a fact on each line: NAME VALUE.
# Variables: CLUSTER (FQDN:PORT), NODE, ROLE, API.

exec 3>&1
fact() { printf '%s %s\n' "$1" "${2//[[:cntrl:]]/ }"; }

free_at() { df --output=avail --block-size=1 "$1" | tail -n 1; }

survey() {
  local leader
  fact state "$(node_state 3>&1)"
  fact other "$(other_identity 3>&1)"
  leader=$(etcd_has_leader && echo yes || echo no)
  fact leader "$leader"
  # an interrupted run with --survivor is completed
  fact alone "$([[ $leader == yes ]] && etcd_is_alone >/dev/null 2>&1 && echo yes || echo no)"
  fact data "$([[ -e /var/lib/etcd/member || -e /var/lib/etcd/survivor/member ]] && echo yes || echo no)"
  fact data-bytes "$(du -sb /var/lib/etcd 2>/dev/null | awk '{ print $1 }')"
  fact free-bytes "$(free_at /var/lib)"
  fact etcd-free-bytes "$([[ -e /var/lib/etcd ]] && free_at /var/lib/etcd || free_at /var/lib)"
  fact time "$(date +%s)"
  fact complete yes
}
survey
