# The program and the timer that keep a master's and the kubelets' certificates valid (certificates-program.sh).

certificates_program() { echo /usr/local/sbin/kube-control-certificates; }
certificates_unit() { echo "/etc/systemd/system/kube-control-certificates.$1"; }

# write_certificate_files: in a check, write_file compares. Variables: PROGRAM, SECOND (of each minute at which it runs).
write_certificate_files() {
  write_file "$(certificates_program)" 0755 "$PROGRAM"
  write_file "$(certificates_unit service)" 0644 "# Written by kube-control.
[Unit]
Description=Renewal of this master's certificates, approval of the kubelets'
# until kubeadm has set this master up there is nothing to renew
ConditionPathExists=/var/lib/kube-control/member

[Service]
Type=oneshot
ExecStart=$(certificates_program)
TimeoutStartSec=300
Nice=10
# systemd would log each start and end, every minute
LogLevelMax=notice
SyslogLevel=notice
"
  write_file "$(certificates_unit timer)" 0644 "# Written by kube-control.
[Unit]
Description=Renewal of this master's certificates, approval of the kubelets'

[Timer]
# another second on each master, so that no two restart the same component
OnCalendar=*-*-* *:*:$SECOND
AccuracySec=1s

[Install]
WantedBy=timers.target
"
}

remove_certificate_timer() {
  [[ -e $(certificates_unit timer) || -e $(certificates_program) ]] || return 0
  systemctl disable --quiet --now kube-control-certificates.timer || true
  rm -f "$(certificates_unit timer)" "$(certificates_unit service)" "$(certificates_program)"
  systemctl daemon-reload
}
