# Head of a script that runs beside Pulumi and connects to several hosts over SSH. Set before it: KC_HOSTS (lines "NAME
# USER@ADDRESS:PORT"), KC_KNOWN_HOSTS, KC_SSH_OPTIONS (one per line), KC_JUMP (the jump host for all others, or empty),
# and KC_PRIVATE_KEY unless an agent logs in.

# write_private_file NAME TEXT: writes a file in the step's own folder if it is missing. It is written to a temporary
# name and moved, because several connections may start at the same time.
write_private_file() {
  [[ ! -e $kc_dir/$1 ]] || return 0
  (umask 077 && printf '%s' "$2" >"$kc_dir/$1.$BASHPID" && mv -f "$kc_dir/$1.$BASHPID" "$kc_dir/$1")
}

# scratch_folder: replaces the prelude's. The operator's machine may have no /run, and the user may not be root. A
# killed run leaves its folder, which may hold a private key: remove such folders after two hours, when no step can be
# using them.
scratch_folder() {
  local base=${TMPDIR:-/tmp}
  find "$base" -maxdepth 1 -name 'kube-control.*' -user "$(id -u)" -mmin +120 -exec rm -rf {} + 2>/dev/null || true
  mktemp -d "$base/kube-control.XXXXXX"
}

# on HOST [SECONDS]: runs the bash script on standard input as root on HOST and prints its output. The host key is
# pinned and the time is limited. A start file of the login shell may print as well, so two marks enclose the script's
# own output.
on() {
  local name=$1 seconds=${2:-600} login port status=0 mark said remote options
  write_private_file known_hosts "$KC_KNOWN_HOSTS"
  [[ -z ${KC_PRIVATE_KEY-} ]] || write_private_file key "$KC_PRIVATE_KEY"
  login=$(awk -v n="$name" '$1 == n { print $2 }' <<<"$KC_HOSTS")
  [[ -n $login ]] || fail "no host named $name"
  port=${login##*:} login=${login%:*}
  mark=@kube-control-$(od -An -N 8 -t x1 /dev/urandom | tr -d ' \n')
  remote="echo $mark begins; \$([ \"\$(id -u)\" = 0 ] || echo sudo -n) timeout --kill-after=5 $seconds bash -s; s=\$?; echo; echo $mark ends \$s; exit \$s"
  mapfile -t options <<<"$KC_SSH_OPTIONS"
  # --foreground: a signal that ends the step ends ssh too. The second timeout runs on the host, for when the connection
  # breaks.
  said=$(KC_SCRATCH=$kc_dir timeout --foreground --kill-after=5 "$((seconds + 10))" ssh -F none "${options[@]/#/-o}" \
    -o ConnectionAttempts=2 -o UserKnownHostsFile="$kc_dir/known_hosts" -p "$port" "$login" "sh -c '$remote'") || status=$?
  # an exit trap of a start file may print after the end mark
  said+=$'\n'
  if ((status == 0)) && [[ $said != *$'\n'"$mark ends 0"$'\n'* ]]; then
    echo "error: $name: the login shell of ${login%@*} did not run the step: it must run sh -c 'COMMAND'" >&2
    return 65
  fi
  # if the connection broke before the end mark, the result is incomplete: do not print it
  if [[ $said == *$'\n'"$mark ends $status"$'\n'* ]]; then
    said=${said#*"$mark begins"$'\n'}
    printf '%s' "${said%%$'\n'"$mark ends $status"$'\n'*}"
  fi
  case $status in
    # 125: uutils' timeout before 0.8, with --kill-after
    124 | 125 | 137) echo "error: $name: timed out after $seconds s" >&2 ;;
    255) echo "error: $name: ssh could not connect to $login port $port, or the connection broke" >&2 ;;
  esac
  return "$status"
}

# is_up HOST: succeeds if SSH to HOST works, returns 1 if HOST did not answer for 45 s. Any other error (a refused key,
# no sudo) ends the step, because it does not show that the host is down.
is_up() {
  local said begin=$SECONDS
  until said=$(on "$1" 20 <<<'true' 2>&1); do
    if ((SECONDS - begin < 45)) && ! must_be_corrected "$said"; then
      sleep 3
      continue
    fi
    shows_no_answer "$said" || fail "$1 cannot be used over SSH, and this does not show that it is down: $said"
    return 1
  done
}

# must_be_corrected TEXT: does ssh's error name a cause on a host that answers, which only an operator can remove?
must_be_corrected() {
  [[ $1 == *'Permission denied'* || $1 == *'verification failed'* || $1 == *'sudo:'* || $1 == *'login shell'* ]]
}

# shows_no_answer TEXT: does ssh's error say that the host did not answer? A failure of the jump host itself does not
# count.
shows_no_answer() {
  if [[ -n $KC_JUMP ]]; then
    [[ $1 == *'open failed: connect failed'* || $1 == *'Connection to UNKNOWN port '*' timed out'* ]]
  else
    [[ $1 == *'timed out'* || $1 == *'Connection refused'* || $1 == *'No route to host'* || $1 == *unreachable* ]]
  fi
}

# remote HOST SECONDS FUNCTION [VARIABLE...]: runs a function of this script on HOST as root, with these variables.
# What it prints with `say` comes back on standard output. The rest of its output goes to the log.
# All of it is sent on standard input, so that no secret shows in a process list.
remote() {
  local kc_host=$1 kc_seconds=$2 kc_function=$3
  shift 3
  {
    cat <<'HEAD'
set -euo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive HOME=/root KUBECONFIG=/etc/kubernetes/admin.conf
exec 3>&1 1>&2
KC_HOST=$(hostname) kc_changed=()
kc_dir=$(mktemp -d /run/kube-control.XXXXXX)
trap 'rm -rf "$kc_dir"' EXIT
HEAD
    declare -f
    (($# == 0)) || declare -p "$@"
    printf '%s </dev/null\n' "$kc_function"
  } | on "$kc_host" "$kc_seconds"
}
