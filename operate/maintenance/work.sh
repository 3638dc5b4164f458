# Runs the maintenance of a host (`maintain_host`), and finds what is left to do there: lines
# `update NAME OLD NEW KIND HELD`, `reboot REASON`, `interrupted`. Variables: NODE, REBOOT (needed, never).

# On the host.
list_work() {
  update_lists
  list_updates
  list_reboots
}
list_updates() {
  local planned line
  planned=$(updates)
  while read -r line; do
    [[ -z $line ]] || say "update $line"
  done <<<"$planned"
}
list_reboots() {
  local line
  [[ $REBOOT == never ]] || while read -r line; do
    say "reboot $line"
  done < <(reboot_reasons)
}

# say_outdated: tells what an update without a reboot leaves.
say_outdated() {
  local programs
  programs=$(outdated_programs)
  [[ -z $programs ]] || say "these programs still run with replaced files until they restart, or until a reboot: ${programs//$'\n'/, }"
}

# Beside Pulumi.

create() {
  end_with_caller
  maintain_host
}

# end_with_caller: ends this script if `npm run maintain` was killed, which closes the pipe at file descriptor 4. Else this
# script could reboot the host while the next run works on it.
end_with_caller() {
  { : <&4; } 2>/dev/null || return 0
  {
    read -r <&4 || true
    # the step's group and that of its time limit: bash itself may end at its next message, because nobody reads it
    mapfile -t groups < <(pgrep -P "$$")
    trap '' TERM
    kill -TERM -- "${groups[@]/#/-}"
  } </dev/null >/dev/null 2>&1 3>&- &
  # shellcheck disable=SC2064  # the process id of now
  trap "kill $! 2>/dev/null || true" EXIT
}

# has_work KIND: is there such a line in `work`?
has_work() { grep -q -E -- "^$1( |\$)" <<<"$work"; }

# report_work: prints what will be done.
report_work() {
  local kind rest
  while read -r kind rest; do
    case $kind in
      lists) say "$rest" ;;
      reboot) say "reboot: $rest" ;;
      interrupted) say "an interrupted maintenance is continued" ;;
    esac
  done <<<"$work"
}
