import { z } from "zod";
import { oldestHours } from "../../components/cluster-backup/defaults";
import { fact, type HostFacts, numberOf, printable, rows, shown } from "../facts";
import { type Finding, type Subject, unknown } from "../finding";
import { answered, type Answered, hostsOf, type View } from "../view";

/** What a run writes into last.json (components/cluster-backup/backup.sh). */
const lastShape = z.object({
  time: z.string().max(40),
  result: z.enum(["ok", "failed"]),
  archive: z.string().max(200),
  bytes: z.number(),
  revision: z.number(),
  copied: z.boolean(),
  message: z.string().max(1000),
});
type Last = z.output<typeof lastShape>;

interface Archive {
  readonly name: string;
  /** When the snapshot in it was made, ISO 8601. */
  readonly time: string;
  readonly bytes: number | null;
}

/** A master's backups, as it reports them. */
interface OfMaster {
  readonly name: string;
  /** The oldest first. */
  readonly archives: readonly Archive[];
  readonly last?: Last;
  /** systemd's state of the service: `activating` while it runs. */
  readonly state?: string;
  /** systemd's result of the last run of the service, e.g. `success`, `exit-code` or `timeout`. */
  readonly result?: string;
  readonly timer?: { readonly active: string; readonly enabled: string };
}

const about = "docs/operations.md describes the backup.";
const journal =
  "Run journalctl -u kube-control-backup there. When the cause is removed: systemctl start kube-control-backup.";

/** The cluster must have a new archive, each master's last run must have succeeded, and each archive must have a copy. */
export function backups(view: View): Subject {
  const { backup } = view.plan;
  if (backup === undefined) {
    const todo = `Set kube-control:backup.recipients to a public key of age, and run \`pulumi up\`. ${about}`;
    const findings: Finding[] = [{ level: "note", what: "the stack has no backup", todo }];
    return { name: "backup", summary: "none", findings, facts: null };
  }
  const masters = answered(view, "master").map(masterOf);
  const copies = copiesOn(view, backup.copyTo);
  const copied = copies === undefined ? [] : [...copies.values()].flat();
  const times = [...masters.flatMap(({ archives }) => archives), ...copied].map(({ time }) => time);
  const newest = times.sort().at(-1);
  const isUnread = masters.length < hostsOf(view, "master").length;
  return {
    name: "backup",
    summary:
      `the newest is ${newest === undefined ? "unknown" : ageOf(newest, view.now)} old; ` +
      `${masters.map(({ name, archives }) => `${name} ${archives.length}`).join(", ")}; copies on ${backup.copyTo}`,
    findings: [
      ...ageFindings(newest, backup.intervalHours, isUnread, view.now),
      ...masters.flatMap((master) => masterFindings(master)),
      ...(copies === undefined ? [] : masters.flatMap((master) => copyFindings(master, copies, backup.copyTo))),
    ],
    facts: {
      copyTo: backup.copyTo,
      intervalHours: backup.intervalHours,
      newest: newest ?? null,
      masters: Object.fromEntries(
        masters.map((master) => [
          master.name,
          {
            archives: master.archives.length,
            newest: master.archives.at(-1) ?? null,
            last: master.last ?? null,
            notCopied: copies === undefined ? null : missingCopies(master, copies).map(({ name }) => name),
          },
        ]),
      ),
    },
  };
}

/** `NODE-20261126T180000Z.tar.age` */
function archiveOf(node: string, name: string, bytes?: string): Archive[] {
  const [, year, month, day, hour, minute, second] =
    /-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.tar\.age$/.exec(name) ?? [];
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return name.startsWith(`${node}-`) && !Number.isNaN(Date.parse(time))
    ? [{ name, time, bytes: numberOf(bytes) ?? null }]
    : [];
}

const byTime = (one: Archive, other: Archive) => (one.time < other.time ? -1 : 1);

function masterOf({ host: { name }, facts }: Answered): OfMaster {
  const [[state, result] = []] = rows(facts, "backup-service");
  const [[active, enabled] = []] = rows(facts, "backup-timer");
  return {
    ...{ name, state, result },
    archives: rows(facts, "backup-archive")
      .flatMap(([archive = "", bytes]) => archiveOf(name, archive, bytes))
      .sort(byTime),
    last: lastOf(facts),
    timer: active === undefined || enabled === undefined ? undefined : { active, enabled },
  };
}

function lastOf(facts: HostFacts): Last | undefined {
  try {
    const value: unknown = JSON.parse(fact(facts, "backup-last") ?? "", (_, inner: unknown) =>
      typeof inner === "string" ? printable(inner) : inner,
    );
    return lastShape.safeParse(value).data;
  } catch {
    return undefined;
  }
}

/** The copies of each master's archives; undefined if their host was not read. */
function copiesOn(view: View, copyTo: string): ReadonlyMap<string, Archive[]> | undefined {
  const host = answered(view).find((reading) => reading.host.name === copyTo);
  if (host === undefined) return undefined;
  const copies = new Map<string, Archive[]>();
  for (const [node = "", name = "", bytes] of rows(host.facts, "backup-copy")) {
    copies.set(node, [...(copies.get(node) ?? []), ...archiveOf(node, name, bytes)]);
  }
  return copies;
}

function ageFindings(newest: string | undefined, intervalHours: number, isUnread: boolean, now: Date): Finding[] {
  const hours = oldestHours(intervalHours);
  const todo = `Run systemctl list-timers kube-control-backup on the masters. ${journal}`;
  if (newest === undefined) {
    const what = "no host that answers has an archive";
    return [{ level: isUnread ? "unknown" : "degraded", what, todo }];
  }
  return now.getTime() - Date.parse(newest) <= hours * 3_600_000
    ? []
    : [{ level: "degraded", what: `the newest archive is ${ageOf(newest, now)} old; the limit is ${hours} h`, todo }];
}

function masterFindings({ name, archives, last, state, result, timer }: OfMaster): Finding[] {
  if (timer === undefined) return [unknown(name, "the timer of its backup")];
  const find = (what: string, todo: string): Finding => ({ level: "degraded", host: name, what, todo });
  const findings: Finding[] = [];
  if (timer.active !== "active" || timer.enabled !== "enabled") {
    const what = `the timer of the backup on ${name} is ${timer.active} and ${timer.enabled}`;
    findings.push(find(what, "Run systemctl enable --now kube-control-backup.timer there."));
  }
  // while it runs, its last result is not known yet
  const hasFailed = state !== "activating" && result !== undefined && result !== "success";
  if (hasFailed || last?.result === "failed") {
    const why = last?.result === "failed" && last.message !== "" ? last.message : (result ?? "no reason given");
    findings.push(find(`the last backup of ${name} failed: ${shown(why, 200)}`, journal));
  } else if (archives.length === 0) {
    findings.push(find(`${name} has no archive`, journal));
  }
  return findings;
}

const missingCopies = ({ name, archives }: OfMaster, copies: ReadonlyMap<string, readonly Archive[]>) =>
  archives.filter((archive) => !copies.get(name)?.some((copy) => copy.name === archive.name));

function copyFindings(master: OfMaster, copies: ReadonlyMap<string, readonly Archive[]>, copyTo: string): Finding[] {
  const missing = missingCopies(master, copies);
  // a run copies its archive at its end
  return missing.length === 0 || master.state === "activating"
    ? []
    : [
        {
          level: "degraded",
          host: master.name,
          what: `${copyTo} has no copy of ${missing.length} archives of ${master.name}: the newest is ${missing.at(-1)?.name}`,
          todo: `Each run copies what is missing. ${journal}`,
        },
      ];
}

/** `2 h` */
function ageOf(time: string, now: Date): string {
  const minutes = Math.max(0, Math.floor((now.getTime() - Date.parse(time)) / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
