import type * as datadog from "@pulumi/datadog";
import { oldestHours } from "../cluster-backup/defaults";
import { type OfStack, stackTag } from "../datadog-log-pipeline";
import { onlyIf } from "./message";
import { roles, roleTag } from "./tags";

/** The age in seconds of the newest copy of any master. The agent reports the age of each master's newest copy. */
export function backupQuery(of: OfStack, intervalHours: number): string {
  const scope = [stackTag(of), roleTag(roles.backup)].join(",");
  return `min(last_15m):min:system.disk.directory.file.modified_sec_ago{${scope}} > ${oldestHours(intervalHours) * 3600}`;
}

/** The monitor of the age of the backups, by a metric: Datadog has no service check of it. */
export function backupMonitor(of: OfStack, agentHost: string, notify: readonly string[], intervalHours: number) {
  const hours = oldestHours(intervalHours);
  const look =
    "Run `npm run status`: its line backup names the failure. On a master: `systemctl list-timers kube-control-backup`, " +
    "`journalctl -u kube-control-backup -n 30`, then `systemctl start kube-control-backup`. Details: docs/operations.md.";
  const texts = [
    onlyIf(
      "is_alert",
      `No master has sent a backup to ${agentHost} for more than ${hours} hours.\n` +
        `If the masters were lost now, all changes of the cluster since then would be lost.\n${look}`,
    ),
    onlyIf("is_recovery", `${agentHost} has a backup of the cluster that is younger than ${hours} hours again.`),
    onlyIf(
      "is_no_data",
      `${agentHost} has no backup of the cluster, or its agent does not report the age of the backups.\n` +
        `If the agent is down, the monitor of the endpoint alerts too. On ${agentHost}: \`ls -l /var/lib/kube-control/backups/latest\`, ` +
        `\`docker exec dd-agent agent status\`.\n${look}`,
    ),
  ].join("");
  const name = `No new backup of ${of.fqdn} (${of.stack})`;
  const args: datadog.MonitorArgs = {
    name,
    type: "query alert",
    query: backupQuery(of, intervalHours),
    message: [texts, notify.join(" ")].filter((part) => part !== "").join("\n\n"),
    monitorThresholds: { critical: String(hours * 3600) },
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
  return { key: "backup", name, args };
}
