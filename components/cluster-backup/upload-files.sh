# Paths of the uploads on the host of the copies. Shared by the scripts of this folder. Variables: none.

upload_program=/usr/local/sbin/kube-control-backup-upload
upload_service=/etc/systemd/system/kube-control-backup-upload.service
upload_timer=/etc/systemd/system/kube-control-backup-upload.timer
# curl's configuration with the access key
upload_credentials=/var/lib/kube-control/backup-s3.conf
# the time of the newest archive in the bucket, for the agent's check of the age
upload_age=/var/lib/kube-control/backups/uploaded
# of the last run: its result, and its lock
upload_result=/var/lib/kube-control/backups/upload.json
upload_lock=/var/lib/kube-control/backups/.upload.lock
