import { isBackupTime } from "./day";
import { type Entry, type Format, structuredData, syslogLine } from "./syslog";

/** The lines that a QNAP NAS sends to a remote syslog server: access and event logs of QTS 5. */

/** 0 ≤ x < 1, as Math.random. */
export type Random = () => number;

/** Syslog priorities: facility daemon, severity informational or warning. */
const info = 30;
const warning = 28;

export function nextLine(format: Format, now: Date, random: Random): string {
  const backsUp = isBackupTime(now) && random() < 0.85;
  return syslogLine(format, now, backsUp ? backup(random) : random() < 0.88 ? connection(random) : event(random));
}

/** A failed login of an attacker, in the format of QuLog Center's access log. */
export function failedLogin(format: Format, now: Date, random: Random): string {
  const user = pick(["admin", "admin", "root", "administrator", "backup", "guest", "test"], random);
  const [type, resource] = pick(
    [
      ["HTTP/HTTPS", "Administration"],
      ["SSH/SFTP", "---"],
      ["FTP", "---"],
    ] as const,
    random,
  );
  return syslogLine(format, now, connectionEntry(warning, user, "203.0.113.66", "---", type, resource, "Login Fail"));
}

/** Users of the NAS: name, address, computer. A name may include a domain; `---` is an unknown computer. */
const people = [
  ["admin", "192.168.2.101", "study-pc"],
  ["admin", "192.168.2.101", "---"],
  ["mei.lin", "192.168.2.112", "mei-macbook"],
  ["ravi", "192.168.2.117", "ravi-thinkpad"],
  ["KACANG\\tomas", "192.168.2.130", "PC-TOMAS"],
  ["backup_svc", "192.168.2.5", "---"],
  ["guest", "192.168.2.144", "living-room-tv"],
] as const;

const files = [
  "Multimedia/Music/Time in a Bottle (cover).flac",
  "Multimedia/Music/playlists/sunday, slow.m3u",
  "Multimedia/Photos/2025/beach/IMG_2044.HEIC",
  "Multimedia/Video/holiday.mkv",
  "homes/mei.lin/Documents/budget 2026.xlsx",
  "homes/ravi/src/notes.md",
  "Public/scans/invoice-0117.pdf",
  "backup/vm/k8s-master1.vmdk",
] as const;

/** Actions on files and their relative frequency. */
const fileActions = [
  [60, "Read"],
  [12, "Write"],
  [6, "Add"],
  [4, "Delete"],
  [3, "Rename"],
  [2, "Create Directory"],
] as const;

const logins = [
  [7, "Login Success", info],
  [4, "Logout", info],
  [2, "Login Fail", warning],
] as const;

function connection(random: Random): Entry {
  const [user, address, computer] = pick(people, random);
  const line = (priority: number, type: string, resource: string, action: string) =>
    connectionEntry(priority, user, address, computer, type, resource, action);
  if (random() < 0.13) {
    const [, action, priority] = weighted(logins, random);
    const type = pick(["SAMBA", "SAMBA", "HTTPS", "SSH/SFTP"], random);
    return line(priority, type, type === "HTTPS" ? "Administration" : "---", action);
  }
  const [, action] = weighted(fileActions, random);
  const file = pick(files, random);
  const resource =
    action === "Rename"
      ? `${file} -> ${file}.old`
      : action === "Create Directory"
        ? file.slice(0, file.lastIndexOf("/")).concat("/New folder")
        : file;
  const type = pick(["SAMBA", "SAMBA", "SAMBA", "HTTP/HTTPS", "NFS"], random);
  return line(info, type, type === "HTTP/HTTPS" ? `[File Station] /${resource}` : resource, action);
}

/** A line of the nightly backup, which reads most files and writes new ones. */
function backup(random: Random): Entry {
  const action = random() < 0.8 ? "Read" : "Write";
  const resource = pick(files, random);
  return connectionEntry(info, "backup_svc", "192.168.2.5", "---", "SAMBA", resource, action);
}

/** Codes of actions in RFC 5424. That of a login comes from real lines; the others are the lab's own. */
const codes: Readonly<Record<string, string>> = { "Login Success": "512", "Login Fail": "512", Logout: "1024" };

function connectionEntry(
  priority: number,
  user: string,
  address: string,
  computer: string,
  type: string,
  resource: string,
  action: string,
): Entry {
  const text =
    `conn log: Users: ${user}, Source IP: ${address}, Computer name: ${computer}, Connection type: ${type}, ` +
    `Accessed resources: ${resource}, Action: ${action}`;
  const data = structuredData("Access", {
    ...{ mac: "---", ip: address, user, source: "NAS", computer, application: "---" },
    ...{ action: codes[action] ?? "1", action_result: action === "Login Fail" ? "1" : "0", service: "1024" },
    ...{ extra_data: "", client_id: "", client_app: "---", client_agent: "---" },
  });
  return { priority, text, data: `${data} ${resource}` };
}

/** Events: priority, user, address, application, category, content. */
const events = [
  [info, "admin", "192.168.2.101", "Malware Remover", "General", "Started scanning."],
  [info, "---", "---", "Malware Remover", "General", "Scan completed. Infected files: 0, Duration: 00:14:09."],
  [info, "admin", "192.168.2.101", "Storage & Snapshots", "Disk", 'Started rapid test. Host: "NAS", Disk: 3.'],
  [info, "---", "---", "Storage & Snapshots", "Snapshot", "Took scheduled snapshot. Volume: DataVol1."],
  [warning, "---", "---", "Storage & Snapshots", "Disk", "Disk 2: temperature is 56 C, above its limit."],
  [info, "mei.lin", "192.168.2.112", "Users", "General", 'Changed the password of user "mei.lin".'],
  [warning, "---", "127.0.0.1", "General Settings", "Date & Time", 'No answer of the time server "pool.ntp.org".'],
  [info, "---", "---", "Hybrid Backup Sync", "Job Status", 'Finished backup job "nightly". Files: 1204, failed: 0.'],
] as const;

function event(random: Random): Entry {
  const [priority, user, address, application, category, content] = pick(events, random);
  const text =
    `event log: Users: ${user}, Source IP: ${address}, Computer name: ---, Application: ${application}, ` +
    `Category: ${category}, Content: [${application}] ${content}`;
  const data = structuredData("Event", {
    ...{ mac: "---", ip: address, user, source: "NAS", computer: "---", application, application_id: "---" },
    ...{
      category,
      category_id: "---",
      message_id: "",
      extra_data: "",
      client_id: "",
      client_app: "",
      client_agent: "",
    },
  });
  return { priority, text, data: `${data} [${application}] ${content}` };
}

function pick<T>(choices: readonly [T, ...T[]] | readonly T[], random: Random): T {
  return choices[Math.min(choices.length - 1, Math.floor(random() * choices.length))] as T;
}

function weighted<T extends readonly [number, ...unknown[]]>(choices: readonly T[], random: Random): T {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  return choices.find(([weight]) => (left -= weight) < 0) ?? (choices.at(-1) as T);
}
