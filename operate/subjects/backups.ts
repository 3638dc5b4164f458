import { z } from "zod";
import { oldestHours } from "../../components/cluster-backup/defaults";
import { numberOf, rows } from "../facts";
import type { Finding, Subject } from "../finding";
import { answered, type Answered, hostsOf, type View } from "../view";
import { hasFailed, journalOf, type TimedUnit, timedUnit, timedUnitFindings } from "./timed-unit";
import { uploads } from "./uploads";

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
interface OfMaster extends TimedUnit<Last> {
  readonly name: string;
  /** The oldest first. */
  readonly archives: readonly Archive[];
}

const about = "docs/operations.md describes the backup.";
const unit = "kube-control-backup";
const journal = journalOf(unit);

/**
 * The cluster must have a new archive, each master's last run must have succeeded, each archive must have a copy, and the last upload
 * to a bucket must have succeeded.
 */
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
  const uploaded = uploads(view, backup);
  const isUnread = masters.length < hostsOf(view, "master").length;
  return {
    name: "backup",
    summary:
      `the newest is ${newest === undefined ? "unknown" : ageOf(newest, view.now)} old; ` +
      `${masters.map(({ name, archives }) => `${name} ${archives.length}`).join(", ")}; copies on ${backup.copyTo}` +
      (backup.bucket === undefined ? "" : ` and in ${backup.bucket}`),
    findings: [
      ...ageFindings(newest, backup.intervalHours, isUnread, view.now),
      ...masters.flatMap((master) => masterFindings(master)),
      ...(copies === undefined ? [] : masters.flatMap((master) => copyFindings(master, copies, backup.copyTo))),
      ...uploaded.findings,
    ],
    facts: {
      copyTo: backup.copyTo,
      intervalHours: backup.intervalHours,
      ...uploaded.facts,
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
  return {
    ...timedUnit(facts, "backup", lastShape),
    name,
    archives: rows(facts, "backup-archive")
      .flatMap(([archive = "", bytes]) => archiveOf(name, archive, bytes))
      .sort(byTime),
  };
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

function masterFindings(master: OfMaster): Finding[] {
  const { name, archives, timer } = master;
  const found = timedUnitFindings({ host: name, noun: "backup", run: `backup of ${name}`, unit }, master);
  return timer === undefined || hasFailed(master) || archives.length > 0
    ? found
    : [...found, { level: "degraded", host: name, what: `${name} has no archive`, todo: journal }];
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
