# Head of every script that kube-control runs, on a host or beside Pulumi: bounded in time, one writer at a time, and a
# failure that names host, step and the last lines of output, never a secret.
# Set before it: KC_HOST, KC_STEP, KC_TIMEOUT (seconds), KC_LOCK (1: one script at a time on this host),
# KC_SECRETS (names of the variables whose values are masked). What the script itself has to say goes through
# `say` (what was changed) and `result` (what the program reads back); everything else lands in the log.
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*" >&3; }
result() { printf '%s\n' "$*" >&3; }

# Ends the script with a message for the person who reads it: what is wrong, and what to do.
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 64
}

# wait_until SECONDS WHAT COMMAND...: retries with a growing pause; after SECONDS fails with what was seen last.
# COMMAND runs without `set -e`, as in any condition: a function has to return its failures itself.
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
# write_file PATH MODE CONTENT: replaces the file atomically where it differs; `changed PATH` then tells.
write_file() {
  local path=$1 mode=$2 content=$3 beside
  if [[ -f $path ]] && printf '%s' "$content" | cmp -s - "$path"; then
    chmod "$mode" "$path"
    return
  fi
  mkdir -p "$(dirname "$path")"
  beside=$(mktemp "$path.XXXXXX")
  printf '%s' "$content" >"$beside"
  chmod "$mode" "$beside"
  mv -f "$beside" "$path"
  kc_changed+=("$path")
  say "wrote $path"
}
changed() { [[ " ${kc_changed[*]-} " == *" $1 "* ]]; }

# note_unread SERVICE: notes that files for SERVICE are written which it has not read, until `forget_unread SERVICE`. Succeeds where
# that was noted already: an earlier step was ended in between. In /run, for at a boot the service reads its files.
note_unread() {
  local mark=/run/kube-control/$1-unread known=0
  [[ -e $mark ]] || known=1
  touch "$mark"
  return "$known"
}
forget_unread() { rm -f "/run/kube-control/$1-unread"; }

# once_unlocked COMMAND...: waits for a lock of apt's or dpkg's for which the command itself does not wait.
once_unlocked() {
  local begin=$SECONDS said
  until said=$("$@" 2>&1); do
    printf '%s\n' "$said"
    [[ $said == *'Could not get lock'* || $said == *'locked by another process'* ]] && ((SECONDS - begin < 300)) || return 1
    sleep 3
  done
}

# apt_update OPTION...: reads the package lists; DPkg::Lock::Timeout leaves their lock out.
# shellcheck disable=SC2120  # one step gives options
apt_update() { once_unlocked apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 "$@" update; }

apt_mark() { once_unlocked apt-mark "$@"; }

# package_state NAME: dpkg's three letters (`ii ` installed, `hi ` installed and held, `iU ` cut off) and the version, or nothing.
package_state() { dpkg-query -W -f '${db:Status-Abbrev}${Version}' "$1" 2>/dev/null || true; }

# install_packages NAME[=VERSION]...: installs what is missing and removes nothing. Waits for dpkg's lock, ends what an
# interrupted dpkg has left, retries a failing mirror.
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
    finish_dpkg || true
    # a source of the host that fails is none of ours: what is wanted may come from another one
    apt_update || true
    apt_install "${wanted[@]}" ||
      fail "apt-get cannot install ${wanted[*]} (its messages are above). It must not remove a package, nor change one that is held: where one is in the way, decide about it on this host, then run this again"
  fi
  say "installed ${wanted[*]}"
}
# A package that is held is changed only where it is wanted itself, and not as a dependency.
apt_install() {
  local package held=()
  for package in "$@"; do
    [[ $(package_state "${package%%=*}") != h* ]] || held=(--allow-change-held-packages)
  done
  apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o APT::Get::AutomaticRemove=false \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    install -y --no-install-recommends --no-remove ${held[@]+"${held[@]}"} "$@"
}

# finish_dpkg: until it is run, apt-get refuses to work after an interrupted dpkg.
finish_dpkg() { dpkg --force-confdef --force-confold --configure -a; }

# hold_packages NAME...: upgrades pass over those that are installed. A hold that was there before is not noted, so
# release_packages leaves it.
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

kc_mask() {
  local text=$1 name value
  for name in $KC_SECRETS; do
    value=${!name}
    [[ -n $value ]] && text=${text//"$value"/[secret]}
  done
  printf '%s\n' "$text"
}

# hold_host: waits for this host's lock, which ends with the process that took it: one run at a time changes a host.
hold_host() {
  (umask 077 && mkdir -p /run/kube-control)
  exec 9>>/run/kube-control/lock
  if ! flock -w 300 9; then
    printf '%s: %s: another run of kube-control holds this host: %s\n' "$KC_HOST" "$KC_STEP" "$(cat /run/kube-control/owner 2>/dev/null || echo unknown)" >&2
    exit 75
  fi
  printf 'pid %s, %s, since %s\n' "$$" "$KC_STEP" "$(date -u +%FT%TZ)" >/run/kube-control/owner
}

# scratch_folder: a new folder in memory, readable by root alone: what a step writes there is on no disk, and is gone after a
# power cut. Nothing is executed in it, since /run may be mounted noexec.
scratch_folder() { mktemp -d /run/kube-control.XXXXXX; }

# Runs one function of the script (create, update, delete) under the bounds above.
kc_main() {
  local phase=$1 status=0 body watchdog
  exec 3>&1
  [[ $KC_LOCK == 0 ]] || hold_host
  # for the step's scratch files, gone at the end
  kc_dir=$(scratch_folder)
  # this shell's alone: a child that is ended before it has set its own signals would run it too
  trap '((BASHPID != $$)) || rm -rf "$kc_dir"' EXIT
  kc_log=$kc_dir/log
  # a process group of its own, so that the watchdog ends everything the step has started
  set -m
  (
    set -euo pipefail
    "$phase"
  ) </dev/null >"$kc_log" 2>&1 9>&- &
  body=$!
  (
    sleep "$KC_TIMEOUT"
    echo "error: not done after ${KC_TIMEOUT} s, ended" >>"$kc_log"
    touch "$kc_dir/ended"
    kill -TERM -- "-$body" 2>/dev/null
    sleep 5
    kill -KILL -- "-$body" 2>/dev/null
  ) </dev/null >/dev/null 2>&1 3>&- 9>&- &
  watchdog=$!
  wait "$body" || status=$?
  # once it has begun to end the step it goes on to those that outlive the step's own shell
  [[ -e $kc_dir/ended ]] || kill -TERM -- "-$watchdog" 2>/dev/null || true
  wait "$watchdog" 2>/dev/null || true
  set +m
  if ((status != 0)); then
    printf '%s: %s: failed (exit %s). Last lines of output:\n' "$KC_HOST" "$KC_STEP" "$status" >&2
    # masked first: a secret may have several lines
    kc_mask "$(tail -n 500 "$kc_log")" | tail -n 25 | sed 's/^/  | /' >&2
    exit "$status"
  fi
}
