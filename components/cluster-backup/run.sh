#!/bin/bash
# Written by kube-control. The common part of kube-control-backup and kube-control-backup-upload: the lock of a run, its end and its
# result. What follows sets `unit`, `lock` and `result_file`, and defines
#   result_fields     prints its own fields of the result in JSON, each with a comma after it
#   remove_temporary  removes what a run must not leave, besides the scratch folder
set -euo pipefail
umask 077
export LC_ALL=C TZ=UTC

folder=/var/lib/kube-control/backups
# why the run failed, for the result
message=''

say() { printf '%s\n' "$*"; }

# fail TEXT...: ends the run. Call it in the main shell only, because it sets `message`.
fail() {
  message=$*
  printf 'error: %s\n' "$*" >&2
  exit 1
}

# start_run: takes the lock and makes the scratch folder. If another run has the lock, this one ends.
start_run() {
  exec 9>"$folder/$lock"
  flock -n 9 || { say "another run of $unit has not ended" && exit; }
  scratch=$(mktemp -d "/run/$unit.XXXXXX")
  trap finish EXIT
  trap 'exit 143' TERM INT HUP
}

finish() {
  local status=$?
  trap - EXIT
  rm -rf "$scratch"
  remove_temporary
  ((status == 0)) || [[ -n $message ]] || message="it ended with status $status, see journalctl -u $unit"
  write_result "$status" || true
  exit "$status"
}

# write_result STATUS: the text must be valid in JSON. `npm run status` reads the file.
write_result() {
  local result=ok text
  ((status == 0)) || result=failed
  text=${message//[^[:print:]]/ }
  text=${text//[\"\\]/\'}
  printf '{"format":1,"time":"%s","result":"%s",%s"message":"%s"}\n' \
    "$(date +%FT%TZ)" "$result" "$(result_fields)" "${text:0:600}" >"$folder/.$result_file.new"
  mv -f "$folder/.$result_file.new" "$folder/$result_file"
}
