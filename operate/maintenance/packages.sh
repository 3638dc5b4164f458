# Updates the packages of a host. These functions run there as root.

# Packages with an upgrade procedure of their own (`npm run maintain` never changes them).
kubernetes_packages() { printf '%s\n' kubeadm kubelet kubectl; }

# own_holds: prints the installed packages that kube-control holds, except Kubernetes' packages.
own_holds() {
  local file name
  for file in /var/lib/kube-control/held/*; do
    name=${file##*/}
    [[ -e $file && $(package_state "$name") == ?i* ]] || continue
    kubernetes_packages | grep -qxF -- "$name" || printf '%s\n' "$name"
  done
}

# other_holds: prints the packages that may not change: those that somebody else holds, and Kubernetes' packages.
other_holds() {
  { apt-mark showhold && kubernetes_packages; } | sort -u | grep -vxF -f <(own_holds) || true
}

# apt_get OPTION... COMMAND: removes nothing, and keeps configuration files that differ from the package's.
apt_get() {
  apt-get -y --no-remove --no-install-recommends -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 \
    -o APT::Get::AutomaticRemove=false -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}
# A new kernel is a new package. apt-get skips packages that are held.
upgrade_others() { apt_get --with-new-pkgs "$@" upgrade; }
upgrade_own_holds() {
  local held
  mapfile -t held < <(own_holds)
  ((${#held[@]} == 0)) || apt_get --only-upgrade --allow-change-held-packages "$@" install "${held[@]}"
}

# updates: prints a line "NAME OLD NEW KIND HELD" for each package that an update would change. OLD is `-` for a new
# package; KIND: security, other; HELD: held (by kube-control), free.
updates() {
  local planned
  planned=$({ upgrade_others --simulate && upgrade_own_holds --simulate; } 2>&1) || { printf '%s\n' "$planned" >&2 && return 1; }
  awk -v own=" $(own_holds | tr '\n' ' ')" '
    $1 == "Inst" && !seen[$2]++ && match($0, /\([^)]*\)/) {
      source = substr($0, RSTART + 1, RLENGTH - 2)
      split(source, words, " ")
      old = $3 ~ /^\[/ ? $3 : "-"
      gsub(/[][]/, "", old)
      print $2, old, words[1], (source ~ /[Ss]ecurity/ ? "security" : "other"), (index(own, " " $2 " ") ? "held" : "free")
    }' <<<"$planned"
}

# update_lists: a package source that fails does not stop the others.
update_lists() { apt_update || say "lists the package lists were not updated completely: apt-get update failed"; }

# lists_age: prints the seconds since the package lists were updated. Nothing if they never were.
lists_age() {
  local newest
  newest=$(find /var/lib/apt/lists -maxdepth 1 -name '*Release' -printf '%T@\n' 2>/dev/null | sort -rn | head -n 1 | cut -d . -f 1)
  [[ -z $newest ]] || echo "$(($(date +%s) - newest))"
}

# complete_packages: completes an interrupted dpkg run, and holds what an interrupted update may have released.
complete_packages() {
  lock_host
  complete_dpkg || true
  hold_again
}
hold_again() {
  local held
  mapfile -t held < <(own_holds)
  ((${#held[@]} == 0)) || apt_mark hold "${held[@]}"
}

# update_packages: the package scripts may restart the services of their packages. needrestart would restart more.
update_packages() {
  local planned refused
  complete_packages
  planned=$(updates)
  refused=$(awk '{ print $1 }' <<<"$planned" | grep -xF -f <(other_holds)) || true
  [[ -z $refused ]] ||
    fail "an update would change ${refused//$'\n'/, }: held by somebody else, or updated only with Kubernetes. Nothing was updated. Hold them (apt-mark hold), or resolve the dependency on this host, then run the same command again"
  export NEEDRESTART_SUSPEND=1
  # not to the connection: if it breaks, apt must not end
  if ! { upgrade_others && upgrade_own_holds; } >"$kc_dir/apt" 2>&1; then
    cat "$kc_dir/apt"
    hold_again
    fail "apt-get cannot update the packages (its messages are above): correct the cause on this host, then run the same command again"
  fi
  cat "$kc_dir/apt"
  hold_again
  while read -r name old new _; do
    [[ -z $name ]] || say "updated $name from $old to $new"
  done <<<"$planned"
}

# replaced_files_of PID: does the process use files of packages that were replaced after its start?
replaced_files_of() { grep -qsE ' /(usr|lib)[^ ]* \(deleted\)$' "/proc/$1/maps"; }

# outdated_services SERVICE...: prints those that run with replaced files.
outdated_services() {
  local service pid
  for service in "$@"; do
    pid=$(systemctl show -p MainPID --value "$service.service")
    if [[ ${pid:-0} != 0 ]] && replaced_files_of "$pid"; then
      printf '%s\n' "$service"
    fi
  done
}

# outdated_programs: prints the programs that run with replaced files.
outdated_programs() {
  local folder
  for folder in /proc/[0-9]*; do
    if replaced_files_of "${folder##*/}"; then
      head -n 1 "$folder/comm"
    fi
  done 2>/dev/null | sort -u | head -n 8
}
