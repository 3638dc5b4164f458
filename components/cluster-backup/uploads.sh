# Sets up the uploads of copies to a bucket with S3's API: the program, its access key, its service and its timer. Uploads the newest
# copy. Variables besides those of upload-files.sh: PROGRAM, SERVICE_UNIT, TIMER_UNIT, URL, REGION, ACCESS_KEY_ID,
# SECRET_ACCESS_KEY (secret).

create() {
  local failed=0
  install_packages curl ca-certificates
  require_curl
  # a run with former settings. Before the first set-up, there are no units.
  systemctl stop kube-control-backup-upload.timer kube-control-backup-upload.service || true
  # its failure is of the past: the status would show it until the next run
  systemctl reset-failed kube-control-backup-upload.service || true
  mkdir -p "$upload_age"
  chmod 0755 "$upload_age"
  write_upload_files
  write_file "$upload_credentials" 0600 "$(credentials)"$'\n'
  systemctl daemon-reload
  # shows that the bucket accepts the key. The timer must start before the time limit of this step.
  timeout 3000 "$upload_program" "$URL" "$REGION" newest || failed=1
  systemctl enable --quiet kube-control-backup-upload.timer
  systemctl restart kube-control-backup-upload.timer
  ((failed == 0)) ||
    fail "the newest archive was not uploaded (the reason is above). The timer repeats it each hour: correct the cause, then run this again"
  say "the archives are uploaded to $URL"
}

# check: compares this host with what create() writes and starts (host/check.sh).
check() {
  expect_package curl
  expect_package ca-certificates
  write_upload_files
  expect "mode and owner of $upload_age" "755 root:root" "$(stat -c '%a %U:%G' "$upload_age" 2>/dev/null || true)"
  expect "mode and owner of $upload_credentials" "600 root:root" "$(stat -c '%a %U:%G' "$upload_credentials" 2>/dev/null || true)"
  # without its lines: another key, which somebody wrote, is not known to be a secret
  credentials | cmp -s - "$upload_credentials" || differs "$upload_credentials" "has other content"
  [[ $(systemctl show -p NeedDaemonReload --value kube-control-backup-upload.service kube-control-backup-upload.timer) != *yes* ]] ||
    differs systemd "has not read a changed unit file of kube-control-backup-upload"
  expect_unit kube-control-backup-upload.timer
}

# In a check, write_file compares.
write_upload_files() {
  write_file "$upload_program" 0755 "$PROGRAM"
  write_file "$upload_service" 0644 "$SERVICE_UNIT"
  write_file "$upload_timer" 0644 "$TIMER_UNIT"
}

# credentials: prints curl's configuration.
credentials() {
  local secret=${SECRET_ACCESS_KEY//\\/\\\\}
  printf '# Written by kube-control. Access key of the bucket for backups.\nuser = "%s:%s"\n' "$ACCESS_KEY_ID" "${secret//\"/\\\"}"
}

# require_curl: since 7.87, curl signs an upload with the checksum that it is told.
require_curl() {
  local version major minor
  version=$(curl --version | awk 'NR == 1 { print $2 }')
  IFS=. read -r major minor _ <<<"$version"
  ((major > 7 || (major == 7 && minor >= 87))) ||
    fail "curl $version of this host cannot sign uploads to S3, which needs 7.87 (Debian 12, Ubuntu 24.04): upgrade this host, or set backup.copyTo to another one"
}
