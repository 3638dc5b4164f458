import { z } from "zod";
import { fact, jsonAnswer, webAnswer } from "../facts";
import { type Finding, listed, type Subject } from "../finding";
import { answered, hostsOf, type View } from "../view";
import { whyNot } from "./endpoint";

/** A number in the JSON of etcd's gateway: 64-bit numbers are strings. Fields with the value zero are omitted. */
const number = z.union([z.string().regex(/^\d{1,20}$/), z.number()]).transform(String);

const statusShape = z.object({
  header: z.object({ member_id: number.optional() }).optional(),
  version: z.string().max(40).optional(),
  dbSize: number.optional(),
  dbSizeInUse: number.optional(),
  dbSizeQuota: number.optional(),
  leader: number.optional(),
  isLearner: z.boolean().optional(),
  errors: z.array(z.string().max(500)).max(20).optional(),
});

const membersShape = z.object({
  members: z
    .array(
      z.object({
        ID: number,
        name: z.string().max(300).optional(),
        clientURLs: z.array(z.string()).optional(),
        isLearner: z.boolean().optional(),
      }),
    )
    .max(100),
});

const alarmsShape = z.object({
  alarms: z.array(z.object({ memberID: number.optional(), alarm: z.string().max(40).optional() })).optional(),
});

/** etcd's default quota, for versions that do not report it (before 3.6). @see https://etcd.io/docs/latest/op-guide/maintenance/ */
const usualQuota = 2 * 1024 ** 3;

/** Part of the quota above which the operator must act. */
const fullAt = 0.8;

interface Member {
  readonly id: string;
  readonly name: string;
  readonly isStarted: boolean;
  readonly isLearner: boolean;
}

/** Every master must be a voting member, and all must have the same leader. */
export function etcd(view: View): Subject {
  const masters = hostsOf(view, "master").map(({ name }) => name);
  const all = answered(view, "master").map(({ host, facts }) => {
    const status = statusShape.safeParse(jsonAnswer(fact(facts, "etcd-status"))).data;
    const members = membersShape
      .safeParse(jsonAnswer(fact(facts, "etcd-members")))
      .data?.members.map(({ ID, name = "", clientURLs = [], isLearner = false }): Member => ({
        id: ID,
        name,
        isStarted: clientURLs.length > 0,
        isLearner,
      }));
    const alarms = alarmsShape.safeParse(jsonAnswer(fact(facts, "etcd-alarms"))).data?.alarms;
    return { name: host.name, status, members, alarms, answer: webAnswer(fact(facts, "etcd-status")) };
  });
  const members = all.find((one) => one.members !== undefined)?.members;
  const nameOf = (id: string | undefined) => members?.find((member) => member.id === id)?.name ?? id ?? "?";
  const leaders = [...new Set(all.flatMap(({ status }) => leaderOf(status?.leader)))];
  const alarms = [
    ...new Set(
      all.flatMap((one) => (one.alarms ?? []).map(({ memberID, alarm = "?" }) => `${alarm} of ${nameOf(memberID)}`)),
    ),
  ];
  const sizes = all.flatMap(({ name, status }) => {
    const bytes = Number(status?.dbSize ?? 0);
    const quota = Number(status?.dbSizeQuota ?? 0) || usualQuota;
    return bytes > 0 ? [{ name, bytes, quota }] : [];
  });
  const unread = masters.filter((name) => !all.some((one) => one.name === name && one.status !== undefined));
  const largest = sizes.reduce((most, one) => Math.max(most, one.bytes / one.quota), 0);
  return {
    name: "etcd",
    summary:
      `${members?.length ?? "?"} members${unread.length === 0 ? "" : ` (${listed(unread)} not read)`}, leader ${listed(leaders.map(nameOf)) || "none"}, ` +
      `${mebibytes(Math.max(0, ...sizes.map(({ bytes }) => bytes)))} (${(largest * 100).toFixed(1)} % of the quota), no alarm`,
    findings: [
      ...all.flatMap(({ name, status, answer }) => memberFindings(name, status, answer)),
      ...leaderFindings(leaders.map(nameOf)),
      ...listFindings(members, masters, all),
      ...alarms.map(alarmFinding),
      ...sizes.filter(({ bytes, quota }) => bytes > fullAt * quota).map(fullFinding),
    ],
    facts: {
      members: members ?? null,
      leader: leaders.length === 1 ? nameOf(leaders[0]) : null,
      alarms: all.some((one) => one.alarms !== undefined || jsonIsThere(one)) ? alarms : null,
      databases: sizes,
      versions: Object.fromEntries(all.map(({ name, status }) => [name, status?.version ?? null])),
    },
  };
}

const jsonIsThere = ({ status }: { readonly status?: unknown }) => status !== undefined;
const leaderOf = (leader: string | undefined) => (leader === undefined || leader === "0" ? [] : [leader]);
const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;

type Status = z.output<typeof statusShape> | undefined;

function memberFindings(name: string, status: Status, answer: ReturnType<typeof webAnswer>): Finding[] {
  const look = "Check it there: journalctl -u kubelet, crictl ps -a --name etcd, /var/log/pods.";
  if (status === undefined) {
    return answer === undefined
      ? [{ level: "unknown", host: name, what: `${name} did not report the state of its etcd`, todo: look }]
      : [
          {
            level: "degraded",
            host: name,
            what: `etcd of ${name} does not answer: ${answer.status === 200 ? "its answer is not valid" : whyNot(answer)}`,
            todo: look,
          },
        ];
  }
  if (leaderOf(status.leader).length === 0) {
    return [
      {
        level: "degraded",
        host: name,
        what: `etcd of ${name} has no leader`,
        todo: "Start the other members, or check TCP ports 2379 and 2380 between the masters.",
      },
    ];
  }
  return status.errors === undefined || status.errors.length === 0
    ? []
    : [{ level: "degraded", host: name, what: `etcd of ${name} reports: ${listed(status.errors)}`, todo: look }];
}

function leaderFindings(leaders: readonly string[]): Finding[] {
  return leaders.length > 1
    ? [
        {
          level: "degraded",
          what: `etcd's members report different leaders: ${listed(leaders)}`,
          todo: "Run this again: an election may be in progress. If the finding remains, check the network between the masters.",
        },
      ]
    : [];
}

function listFindings(
  members: readonly Member[] | undefined,
  masters: readonly string[],
  all: readonly { readonly name: string; readonly members?: readonly Member[] }[],
): Finding[] {
  if (members === undefined) {
    return all.length === 0
      ? []
      : [{ level: "unknown", what: "no master reports etcd's members", todo: "See the lines of each member." }];
  }
  const about = "docs/operations.md describes how to replace a master.";
  const list = (ofMember: readonly Member[]) =>
    ofMember
      .map(({ id, isLearner }) => `${id} ${isLearner}`)
      .sort()
      .join();
  const differing = all.filter((one) => one.members !== undefined && list(one.members) !== list(members));
  return [
    ...masters
      .filter((master) => !members.some(({ name }) => name === master))
      .map((master): Finding => ({
        level: "degraded",
        host: master,
        what: `${master} is not a member of etcd`,
        todo: about,
      })),
    ...members
      .filter(({ name }) => name !== "" && !masters.includes(name))
      .map(({ name }): Finding => ({
        level: "degraded",
        what: `etcd has a member that is not a master in the configuration: ${name}`,
        todo: `A dead member still counts for the majority. ${about}`,
      })),
    ...members
      .filter(({ isStarted }) => !isStarted)
      .map(({ id }): Finding => ({
        level: "degraded",
        what: `etcd has a member that has not started: ${id}`,
        todo: "A join was interrupted: run `pulumi up`.",
      })),
    ...members
      .filter(({ isLearner }) => isLearner)
      .map(({ name, id }): Finding => ({
        level: "degraded",
        what: `etcd's member ${name || id} is a learner, which has no vote`,
        todo: "A join was interrupted: run `pulumi up`.",
      })),
    ...(differing.length === 0
      ? []
      : [
          {
            level: "degraded",
            what: `etcd's members list different members: ${listed(differing.map(({ name }) => name))}`,
            todo: "Run this again. If the finding remains, a member lags behind: see the lines of each member.",
          } satisfies Finding,
        ]),
  ];
}

function alarmFinding(alarm: string): Finding {
  return {
    level: "degraded",
    what: `etcd has the alarm ${alarm}`,
    todo: alarm.startsWith("NOSPACE")
      ? "etcd refuses writes. Compact, defragment each member, then disarm the alarm: https://etcd.io/docs/latest/op-guide/maintenance/"
      : "Replace the member: docs/operations.md.",
  };
}

function fullFinding({ name, bytes, quota }: { name: string; bytes: number; quota: number }): Finding {
  return {
    level: "degraded",
    host: name,
    what: `etcd's database on ${name} has ${mebibytes(bytes)}, ${((100 * bytes) / quota).toFixed(0)} % of its quota`,
    todo: "Find what fills it, then defragment. At the quota, etcd refuses writes.",
  };
}
