# Reboots a host, and tells whether it needs a reboot.

# The functions below run on the host.

# With `--reboot always`, a note on each host requests the reboot: the run, and the boot that must end. So an interrupted
# run is continued, and does not reboot a host twice. The notes are removed when the run is complete.
reboot_note=/var/lib/kube-control/reboot-requested

# boot_identity: the second part is when the first process started. In a container, only this part changes.
boot_identity() { echo "$(</proc/sys/kernel/random/boot_id) $(awk '{ print $22 }' /proc/1/stat)"; }
say_boot_identity() { say "$(boot_identity)"; }

# request_reboot RUN
request_reboot() {
  mkdir -p "$(dirname "$reboot_note")"
  printf '%s %s\n' "$1" "$(boot_identity)" >"$reboot_note.new"
  mv -f "$reboot_note.new" "$reboot_note"
}
reboot_is_requested() { [[ -e $reboot_note && $(cut -d ' ' -f 2- "$reboot_note") == "$(boot_identity)" ]]; }
# reboot_request: prints "RUN pending" or "RUN done"; nothing without a note.
reboot_request() {
  [[ -e $reboot_note ]] || return 0
  echo "$(cut -d ' ' -f 1 "$reboot_note") $(if reboot_is_requested; then echo pending; else echo 'done'; fi)"
}
clear_reboot_request() {
  rm -f "$reboot_note"
  rmdir "$(dirname "$reboot_note")" 2>/dev/null || true
}

# reboot_reasons: prints a line per reason.
reboot_reasons() {
  local packages running newest
  if reboot_is_requested; then
    echo "requested (--reboot always)"
  fi
  if [[ -e /run/reboot-required ]]; then
    packages=$(sort -u /run/reboot-required.pkgs 2>/dev/null | head -n 5 | tr '\n' ' ') || true
    echo "required by ${packages:-/run/reboot-required}"
  fi
  running=$(uname -r)
  newest=$(installed_kernels "$running" | sort -V | tail -n 1)
  if [[ -n $newest && $(printf '%s\n' "$newest" "$running" | sort -V | tail -n 1) != "$running" ]]; then
    echo "kernel $newest is installed, $running runs"
  fi
}
# installed_kernels RUNNING: prints the versions of the same flavour (amd64, cloud-amd64, generic).
installed_kernels() {
  local flavour
  flavour=$(sed -E 's/^[0-9.]+-[0-9a-z.+~]+-//' <<<"$1")
  find /boot -maxdepth 1 -name 'vmlinuz-*' -printf '%f\n' 2>/dev/null | sed 's/^vmlinuz-//' |
    awk -v flavour="$flavour" '{ of = $0; sub(/^[0-9.]+-[0-9a-z.+~]+-/, "", of) } of == flavour'
}

# start_reboot: two seconds later, so that the connection ends first.
start_reboot() {
  lock_host
  systemd-run --quiet --collect --on-active=2 --timer-property=AccuracySec=100ms systemctl reboot
}

# Beside Pulumi.

# reboot_host: reboots NODE, and waits until it answers again.
reboot_host() {
  local boot
  boot=$(remote "$NODE" 30 say_boot_identity)
  remote "$NODE" 60 start_reboot KC_STEP >&3
  wait_until 600 "$NODE to boot" has_booted
  say "rebooted"
}
has_booted() {
  local seen
  seen=$(remote "$NODE" 20 say_boot_identity 2>&1) || { printf '%s' "$seen" && return 1; }
  [[ -n $seen && $seen != "$boot" ]] || { echo "it has not rebooted yet" && return 1; }
}
