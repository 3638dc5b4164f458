# Installs the timer of certificates-timer.sh on a master, before kubeadm runs there: until a kubelet's certificate is approved,
# the API server cannot ask this kubelet. Variables: PROGRAM, SECOND.

create() {
  local timer=kube-control-certificates.timer
  write_certificate_files
  if changed "$(certificates_unit service)" || changed "$(certificates_unit timer)"; then
    systemctl daemon-reload
  fi
  systemctl enable --quiet "$timer"
  if changed "$(certificates_unit timer)" || ! systemctl is-active --quiet "$timer"; then
    systemctl restart "$timer"
  fi
}

check() {
  write_certificate_files
  expect_unit kube-control-certificates.timer
}
