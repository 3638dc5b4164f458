/** The user on the host of the copies, whose keys may only store archives. */
const copiesUser = "kube-control-backup";

/** Where the masters reach the host of the copies. */
interface Place {
  readonly address: string;
  /** Port of its sshd. */
  readonly port: number;
}

/** Path of backup.sh on a master. */
const backupProgram = "/usr/local/sbin/kube-control-backup";
/** Path of receive.sh on the host of the copies. */
const receiveProgram = "/usr/local/sbin/kube-control-receive";

/** Path of upload.sh on the host of the copies. */
const uploadProgram = "/usr/local/sbin/kube-control-backup-upload";

/** What the service of a master needs. */
export interface Service {
  readonly node: string;
  readonly cluster: string;
  readonly keep: number;
  readonly recipients: readonly string[];
  readonly copyTo: Place;
}

/** The unit that runs backup.sh once. */
export function serviceUnit({ node, cluster, keep, recipients, copyTo }: Service): string {
  const words = [node, cluster, keep, `${copiesUser}@${copyTo.address}`, copyTo.port, ...recipients];
  return `# Written by kube-control for ${node} of ${cluster}.
[Unit]
Description=Backup of etcd and of the cluster's keys
Wants=network-online.target
After=network-online.target containerd.service
# a host that left the cluster has nothing to save
ConditionPathExists=/etc/kubernetes/manifests/etcd.yaml

[Service]
Type=oneshot
ExecStart=${backupProgram} ${words.join(" ")}
TimeoutStartSec=2h
# the control plane comes first
Nice=19
IOSchedulingClass=idle
`;
}

/**
 * The timer of the master with this index. The masters' runs are spread evenly over the interval: so the cluster's newest archive is
 * younger than the interval, and one member of etcd is defragmented at a time.
 */
export function timerUnit(index: number, masters: number, intervalHours: number): string {
  const minutes = Math.floor((index * intervalHours * 60) / masters);
  const two = (value: number) => String(value).padStart(2, "0");
  const first = Math.floor(minutes / 60);
  const hours = Array.from({ length: 24 / intervalHours }, (_, run) => two(first + run * intervalHours));
  return `# Written by kube-control.
[Unit]
Description=Times of the backup of etcd and of the cluster's keys

[Timer]
OnCalendar=*-*-* ${hours.join(",")}:${two(minutes % 60)}:00 UTC
# a run that was missed while the host was down
Persistent=true

[Install]
WantedBy=timers.target
`;
}

/** The unit that runs upload.sh once. The URL and the region have no character that is special in a unit. */
export function uploadServiceUnit(cluster: string, url: string, region: string): string {
  return `# Written by kube-control for ${cluster}.
[Unit]
Description=Upload of the copies of backups to a bucket
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${uploadProgram} ${url} ${region}
# the first run uploads all copies
TimeoutStartSec=1d
Nice=19
IOSchedulingClass=idle
`;
}

/** The timer of the uploads. A run without a new archive only asks which ones the bucket has. */
export const uploadTimerUnit = `# Written by kube-control.
[Unit]
Description=Times of the upload of the copies of backups

[Timer]
OnCalendar=*-*-* *:20:00 UTC
# a run that was missed while the host was down
Persistent=true

[Install]
WantedBy=timers.target
`;

/** A master's public key. */
export interface MasterKey {
  readonly node: string;
  /** `ssh-ed25519 AAAA…`; undefined if the master has not made its key yet. */
  readonly key: string | undefined;
}

/** The keys that may store copies. Each may run only receive.sh, for its own node. */
export function authorizedKeys(cluster: string, keys: readonly MasterKey[], keep: number): string {
  const lines = keys.flatMap(({ node, key }) =>
    key === undefined ? [] : [`restrict,command="${receiveProgram} ${node} ${keep}" ${key} ${node}\n`],
  );
  return `# Written by kube-control for ${cluster}.\n${lines.join("")}`;
}

/** The public key in a step's output. A host may print anything, so other text must not become a line of authorized_keys. */
export function publicKeyIn(output: string): string | undefined {
  return /^ssh-ed25519 [A-Za-z0-9+/]{60,80}={0,2}$/m.exec(output)?.[0];
}
