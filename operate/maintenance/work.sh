# What is left to do on a host: lines `update NAME OLD NEW KIND HELD`, `reboot REASON`, `interrupted`. Variables: NODE,
# REBOOT (needed, never).

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
