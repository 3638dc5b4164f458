# Paths of the backup on a master. Shared by the scripts of this folder. Variables: none.

backup_program=/usr/local/sbin/kube-control-backup
backup_service=/etc/systemd/system/kube-control-backup.service
backup_timer=/etc/systemd/system/kube-control-backup.timer
# the key with which this master stores copies on the other host, and the pinned key of that host
backup_key=/var/lib/kube-control/backup-key
backup_known_hosts=/var/lib/kube-control/backup-known-hosts
# archives, last.json (the result of the last run) and kubeadm.yaml (kubeadm's configuration at the last run)
backup_folder=/var/lib/kube-control/backups
