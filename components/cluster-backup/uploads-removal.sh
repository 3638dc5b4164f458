# Ends the uploads on the host of the copies when this step is deleted; the objects in the bucket stay. Creating the step changes
# nothing. Variables besides those of upload-files.sh: HOST, CLUSTER (FQDN:PORT).

create() { say "the uploads from $HOST end when this is deleted; the objects stay"; }

delete() {
  if is_up "$HOST"; then
    remote "$HOST" 300 remove_uploads CLUSTER KC_STEP upload_program upload_service upload_timer upload_credentials upload_age upload_result upload_lock >&3
  else
    say "$HOST does not answer: its uploads were not ended. End them there: sudo systemctl disable --now kube-control-backup-upload.timer; sudo rm $upload_credentials. Or revoke the access key"
  fi
}

# On the host of the copies.
remove_uploads() {
  lock_host
  if [[ -e $upload_service ]] && ! grep -qsxF "# Written by kube-control for $CLUSTER." "$upload_service"; then
    say "this host was not changed: its uploads are not those of $CLUSTER"
    return
  fi
  systemctl disable --quiet --now kube-control-backup-upload.timer || true
  systemctl stop kube-control-backup-upload.service || true
  rm -f "$upload_program" "$upload_service" "$upload_timer" "$upload_credentials" "$upload_result" "$upload_lock"
  rm -rf "$upload_age"
  systemctl daemon-reload
  say "removed the uploads and the access key; the objects stay in the bucket"
}
