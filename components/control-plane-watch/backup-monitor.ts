import type * as datadog from "@pulumi/datadog";
import { oldestHours } from "../cluster-backup/defaults";
import { type OfStack, stackTag } from "../datadog-log-pipeline";
import { onlyIf } from "./message";
import { type Role, roles, roleTag } from "./tags";

/** The age in seconds of the newest file with this role, whatever master it is of. The agent reports the age of each file. */
export function ageQuery(of: OfStack, role: Role, intervalHours: number): string {
  const scope = [stackTag(of), roleTag(role)].join(",");
  return `min(last_15m):min:system.disk.directory.file.modified_sec_ago{${scope}} > ${oldestHours(intervalHours) * 3600}`;
}

/** The message of a monitor by the state of its query. */
interface Texts {
  readonly alert: string;
  readonly recovery: string;
  readonly noData: string;
}

/** A monitor of the age of the newest file, by a metric: Datadog has no service check of it. */
function ageMonitor(
  of: OfStack,
  { key, name, role }: { readonly key: string; readonly name: string; readonly role: Role },
  { alert, recovery, noData }: Texts,
  notify: readonly string[],
  intervalHours: number,
) {
  const texts = [onlyIf("is_alert", alert), onlyIf("is_recovery", recovery), onlyIf("is_no_data", noData)].join("");
  const args: datadog.MonitorArgs = {
    name,
    type: "query alert",
    query: ageQuery(of, role, intervalHours),
    message: [texts, notify.join(" ")].filter((part) => part !== "").join("\n\n"),
    monitorThresholds: { critical: String(oldestHours(intervalHours) * 3600) },
    requireFullWindow: false,
    notifyNoData: true,
    // a restart of the agent takes minutes
    noDataTimeframe: 60,
    renotifyInterval: 1440,
    priority: "2",
    tags: [stackTag(of), "service:kubernetes"],
    // otherwise the plugin asks Datadog at every preview to validate the query
    validate: false,
  };
  return { key, name, args };
}

/** The monitor of the age of the newest copy of any master. */
export function backupMonitor(of: OfStack, agentHost: string, notify: readonly string[], intervalHours: number) {
  const hours = oldestHours(intervalHours);
  const look =
    "Run `npm run status`: its line backup names the failure. On a master: `systemctl list-timers kube-control-backup`, " +
    "`journalctl -u kube-control-backup -n 30`, then `systemctl start kube-control-backup`. Details: docs/operations.md.";
  const texts = {
    alert:
      `No master has sent a backup to ${agentHost} for more than ${hours} hours.\n` +
      `If the masters were lost now, all changes of the cluster since then would be lost.\n${look}`,
    recovery: `${agentHost} has a backup of the cluster that is younger than ${hours} hours again.`,
    noData:
      `${agentHost} has no backup of the cluster, or its agent does not report the age of the backups.\n` +
      `If the agent is down, the monitor of the endpoint alerts too. On ${agentHost}: \`ls -l /var/lib/kube-control/backups/latest\`, ` +
      `\`docker exec dd-agent agent status\`.\n${look}`,
  };
  const named = { key: "backup", name: `No new backup of ${of.fqdn} (${of.stack})`, role: roles.backup };
  return ageMonitor(of, named, texts, notify, intervalHours);
}

/** The monitor of the age of the newest archive in the bucket. */
export function uploadMonitor(of: OfStack, agentHost: string, notify: readonly string[], intervalHours: number) {
  const hours = oldestHours(intervalHours);
  const look =
    `Run \`npm run status\`: its line backup names the failure. On ${agentHost}: \`journalctl -u kube-control-backup-upload -n 30\`, ` +
    "then `systemctl start kube-control-backup-upload`. Details: docs/operations.md.";
  const texts = {
    alert:
      `${agentHost} has not uploaded a backup that is younger than ${hours} hours.\n` +
      `Either the masters send no new ones, and the monitor of the backups alerts too, or the bucket takes none.\n${look}`,
    recovery: `The bucket has a backup of the cluster that is younger than ${hours} hours again.`,
    noData:
      `${agentHost} has uploaded no backup of the cluster, or its agent does not report the age of the newest upload.\n` +
      `If the agent is down, the monitor of the endpoint alerts too.\n${look}`,
  };
  const named = { key: "upload", name: `No new backup of ${of.fqdn} in the bucket (${of.stack})`, role: roles.upload };
  return ageMonitor(of, named, texts, notify, intervalHours);
}
