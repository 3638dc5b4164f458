# Head of a script that runs beside Pulumi and reaches several hosts. Set before it: KC_HOSTS (lines "NAME USER@ADDRESS:PORT"),
# KC_KNOWN_HOSTS, KC_SSH_OPTIONS (a line each), KC_JUMP (the host through which all others are reached, or nothing) and, where no
# agent logs in, KC_PRIVATE_KEY.

# private_file NAME TEXT: a file in the step's own folder, once. Written beside it and moved: hosts may be reached at the same
# time.
private_file() {
  [[ ! -e $kc_dir/$1 ]] || return 0
  (umask 077 && printf '%s' "$2" >"$kc_dir/$1.$BASHPID" && mv -f "$kc_dir/$1.$BASHPID" "$kc_dir/$1")
}

# The machine beside Pulumi may have no /run, and the user may not be root. Readable by nobody else, as on hosts. A run that was
# killed leaves its folder, which may hold a private key: it is removed once no step can be running in it any more.
scratch_folder() {
  local base=${TMPDIR:-/tmp}
  find "$base" -maxdepth 1 -name 'kube-control.*' -user "$(id -u)" -mmin +120 -exec rm -rf {} + 2>/dev/null || true
  mktemp -d "$base/kube-control.XXXXXX"
}

# on HOST [SECONDS]: runs the bash text on standard input as root there, and prints what that prints. The host's key is pinned,
# dialling is bounded. A start file of the login shell may print as well: the text's own output lies between two marks.
on() {
  local name=$1 seconds=${2:-600} login port status=0 mark said remote options
  private_file known_hosts "$KC_KNOWN_HOSTS"
  [[ -z ${KC_PRIVATE_KEY-} ]] || private_file key "$KC_PRIVATE_KEY"
  login=$(awk -v n="$name" '$1 == n { print $2 }' <<<"$KC_HOSTS")
  [[ -n $login ]] || fail "no host named $name"
  port=${login##*:} login=${login%:*}
  mark=@kube-control-$(od -An -N 8 -t x1 /dev/urandom | tr -d ' \n')
  remote="echo $mark begins; \$([ \"\$(id -u)\" = 0 ] || echo sudo -n) timeout --kill-after=5 $seconds bash -s; s=\$?; echo; echo $mark ends \$s; exit \$s"
  mapfile -t options <<<"$KC_SSH_OPTIONS"
  # In the foreground, so that what ends the step ends this too; bounded over there as well, where ssh may be cut off
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
    124 | 125 | 137) echo "error: $name: not done after $seconds s, ended" >&2 ;;
    255) echo "error: $name: ssh could not reach $login port $port, or was cut off" >&2 ;;
  esac
  return "$status"
}

# reachable HOST: can it be dialled within a few seconds?
reachable() { on "$1" 20 <<<'true' >/dev/null 2>&1; }

# alive HOST: 0 where it can be dialled, 1 where for 45 s nobody answered there. What an answering host says instead (a refused
# key, no sudo) ends the step: it is no sign of death.
alive() {
  local said begin=$SECONDS
  until said=$(on "$1" 20 <<<'true' 2>&1); do
    if ((SECONDS - begin < 45)) && [[ $said != *'Permission denied'* && $said != *'verification failed'* && $said != *'sudo:'* && $said != *'login shell'* ]]; then
      sleep 3
      continue
    fi
    nobody_answers "$said" || fail "$1 can neither be used nor taken for dead: $said"
    return 1
  done
}

# nobody_answers SAID: does ssh say that nobody answers at the host? Behind a jump host, the jump host's own failure is no sign of
# the host's death.
nobody_answers() {
  if [[ -n $KC_JUMP ]]; then
    [[ $1 == *'open failed: connect failed'* || $1 == *'Connection to UNKNOWN port '*' timed out'* ]]
  else
    [[ $1 == *'timed out'* || $1 == *'Connection refused'* || $1 == *'No route to host'* || $1 == *unreachable* ]]
  fi
}

# remote HOST SECONDS FUNCTION [VARIABLE...]: runs a function of this script on HOST as root, with these variables of ours.
# What it says with `say` and `result` comes back on standard output; the rest of its output goes to the log.
# Everything goes over standard input, so that a secret is in no process list.
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
