# Head of every script that kube-control runs, on a host or beside Pulumi. It limits the run time, allows one writer per
# host, and reports a failure with the host, the step and the last lines of output, with secrets masked.
# Set before it: KC_HOST, KC_STEP, KC_TIMEOUT (seconds), KC_LOCK (1: take this host's lock), KC_SECRETS (names of the
# variables whose values are masked). Variables of this head and of across-hosts.sh are named KC_* or kc_*; functions
# have no prefix.
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

# say TEXT...: prints a line of the step's output: a change, or a value that the caller reads. All other output goes to
# the log.
say() { printf '%s\n' "$*" >&3; }

# fail TEXT...: ends the script. The text says what is wrong, where, and what to do.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 64
}

# wait_until SECONDS WHAT COMMAND...: retries COMMAND with a growing pause. After SECONDS it fails with COMMAND's last
# output. COMMAND runs as a condition, so `set -e` has no effect in it: a function must return its failures itself.
wait_until() {
  local limit=$1 what=$2 pause=0.2 seen='' begin=$SECONDS
  shift 2
  until seen=$("$@" 2>&1); do
    if ((SECONDS - begin >= limit)); then
      fail "waited ${limit} s for ${what}; last seen: ${seen:-no output}"
    fi
    sleep "$pause"
    pause=$(awk -v p="$pause" 'BEGIN { p *= 1.5; print (p > 3) ? 3 : p }')
  done
}

kc_changed=()
# write_file PATH MODE CONTENT: replaces the file atomically if its content differs. `changed PATH` then succeeds.
write_file() {
  local path=$1 mode=$2 content=$3 temporary
  if [[ -f $path ]] && printf '%s' "$content" | cmp -s - "$path"; then
    chmod "$mode" "$path"
    return
  fi
  mkdir -p "$(dirname "$path")"
  temporary=$(mktemp "$path.XXXXXX")
  printf '%s' "$content" >"$temporary"
  chmod "$mode" "$temporary"
  mv -f "$temporary" "$path"
  kc_changed+=("$path")
  say "wrote $path"
}
changed() { [[ " ${kc_changed[*]-} " == *" $1 "* ]]; }

# written_by_us FILE: has the file kube-control's header? In some files it begins with a small letter.
written_by_us() { grep -qsi '^# written by kube-control' "$1"; }

# has_read SERVICE FILE...: did the service start or reload after the last change of its files? A service that does not
# run reads them when it starts.
has_read() {
  local service=$1 file since
  shift
  since=$(systemctl show --timestamp=unix -p StateChangeTimestamp --value "$service.service")
  [[ $since == @* ]] && systemctl is-active --quiet "$service.service" || return 0
  since=${since#@}
  for file in "$@"; do
    [[ ! -e $file ]] || (($(stat -c %Y "$file") <= since)) || return 1
  done
}

# mark_unread SERVICE: notes that files of SERVICE are being changed, until `clear_unread SERVICE`. Succeeds if the note
# was there already: an earlier run stopped before the service read them. The note is in /run, because a service reads
# its files at boot.
mark_unread() {
  local mark=/run/kube-control/$1-unread marked=0
  [[ -e $mark ]] || marked=1
  touch "$mark"
  return "$marked"
}
clear_unread() { rm -f "/run/kube-control/$1-unread"; }

# retry_while_locked COMMAND...: retries for 300 s while another process holds a lock of apt or dpkg. For commands that
# do not wait for the lock themselves.
retry_while_locked() {
  local begin=$SECONDS said
  until said=$("$@" 2>&1); do
    printf '%s\n' "$said"
    [[ $said == *'Could not get lock'* || $said == *'locked by another process'* ]] && ((SECONDS - begin < 300)) || return 1
    sleep 3
  done
}

# apt_update OPTION...: updates the package lists. DPkg::Lock::Timeout does not apply to the lock of the lists.
# shellcheck disable=SC2120  # one step passes options
apt_update() { retry_while_locked apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" update; }

apt_mark() { retry_while_locked apt-mark "$@"; }

# package_state NAME: prints dpkg's three letters (`ii ` installed, `hi ` installed and held, `iU ` interrupted) and the
# version. Prints nothing if dpkg does not know the package.
package_state() { dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$1" 2>/dev/null || true; }

# install_packages NAME[=VERSION]...: installs missing packages and removes none. Waits for dpkg's lock, completes an
# interrupted dpkg run, and retries downloads.
install_packages() {
  local wanted=() package state
  for package in "$@"; do
    state=$(package_state "${package%%=*}")
    if [[ $state != ?i\ * ]] || { [[ $package == *=* ]] && [[ ${state:3} != "${package#*=}" ]]; }; then
      wanted+=("$package")
    fi
  done
  ((${#wanted[@]})) || return 0
  if ! apt_install "${wanted[@]}"; then
    complete_dpkg || true
    # the update fails if any package source of the host fails; the wanted packages may come from another source
    apt_update || true
    apt_install "${wanted[@]}" ||
      fail "apt-get cannot install ${wanted[*]} (its messages are above). kube-control removes no packages and changes no other held packages: resolve the conflict on this host, then run this again"
  fi
  say "installed ${wanted[*]}"
}
# apt_install NAME[=VERSION]...: changes a held package only if it is one of these, not as a dependency.
apt_install() {
  local package held=()
  for package in "$@"; do
    [[ $(package_state "${package%%=*}") != h* ]] || held=(--allow-change-held-packages)
  done
  apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o APT::Get::AutomaticRemove=false \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    install -y --no-install-recommends --no-remove ${held[@]+"${held[@]}"} "$@"
}

# complete_dpkg: configures unpacked packages. After an interrupted dpkg run, apt-get refuses to work until this is
# done.
complete_dpkg() { dpkg --force-confdef --force-confold --configure -a; }

# hold_packages NAME...: excludes installed packages from upgrades. A package that was held before is not noted, so
# release_packages leaves it held.
hold_packages() {
  local package
  for package in "$@"; do
    if [[ $(package_state "$package") == ii* ]]; then
      mkdir -p /var/lib/kube-control/held
      touch "/var/lib/kube-control/held/$package"
      apt_mark hold "$package"
      say "held $package"
    fi
  done
}

release_packages() {
  local package
  for package in "$@"; do
    if [[ -e /var/lib/kube-control/held/$package ]]; then
      apt_mark unhold "$package"
      rm -f "/var/lib/kube-control/held/$package"
    fi
  done
  rmdir /var/lib/kube-control/held /var/lib/kube-control 2>/dev/null || true
}

mask_secrets() {
  local text=$1 name value
  for name in $KC_SECRETS; do
    value=${!name}
    [[ -n $value ]] && text=${text//"$value"/[secret]}
  done
  printf '%s\n' "$text"
}

# lock_host: waits for this host's lock, so that one run at a time changes the host. The lock ends with this process.
lock_host() {
  (umask 077 && mkdir -p /run/kube-control)
  exec 9>>/run/kube-control/lock
  if ! flock -w 300 9; then
    printf '%s: %s: another run of kube-control is changing this host: %s\n' "$KC_HOST" "$KC_STEP" "$(cat /run/kube-control/owner 2>/dev/null || echo unknown)" >&2
    exit 75
  fi
  printf 'pid %s, %s, since %s\n' "$$" "$KC_STEP" "$(date -u +%FT%TZ)" >/run/kube-control/owner
}

# scratch_folder: makes a folder in /run, readable by root only, so that a step's files are never on a disk and do not
# survive a power failure. Nothing is executed there, because /run may be mounted noexec.
scratch_folder() { mktemp -d /run/kube-control.XXXXXX; }

# run_phase PHASE: runs the script's function of that name (create, update, delete) with the time limit, lock and log
# above.
run_phase() {
  local phase=$1 status=0 body watchdog
  exec 3>&1
  [[ $KC_LOCK == 0 ]] || lock_host
  # the step's scratch files, removed at the end
  kc_dir=$(scratch_folder)
  # in this shell only: a child that is killed before it has reset its traps would run it as well
  trap '((BASHPID != $$)) || rm -rf "$kc_dir"' EXIT
  kc_log=$kc_dir/log
  # job control gives the step its own process group, so the watchdog ends every process of the step
  set -m
  (
    set -euo pipefail
    "$phase"
  ) </dev/null >"$kc_log" 2>&1 9>&- &
  body=$!
  (
    sleep "$KC_TIMEOUT"
    echo "error: timed out after ${KC_TIMEOUT} s" >>"$kc_log"
    touch "$kc_dir/ended"
    kill -TERM -- "-$body" 2>/dev/null
    sleep 5
    kill -KILL -- "-$body" 2>/dev/null
  ) </dev/null >/dev/null 2>&1 3>&- 9>&- &
  watchdog=$!
  wait "$body" || status=$?
  # a watchdog that has sent SIGTERM is not stopped: processes of the step that ignore SIGTERM get its SIGKILL
  [[ -e $kc_dir/ended ]] || kill -TERM -- "-$watchdog" 2>/dev/null || true
  wait "$watchdog" 2>/dev/null || true
  set +m
  if ((status != 0)); then
    printf '%s: %s: failed (exit %s). Last lines of output:\n' "$KC_HOST" "$KC_STEP" "$status" >&2
    # mask before cutting: a secret may have several lines
    mask_secrets "$(tail -n 500 "$kc_log")" | tail -n 25 | sed 's/^/  | /' >&2
    exit "$status"
  fi
}
