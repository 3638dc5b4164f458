import type { Readable } from "node:stream";
import { resetNode } from "../../host/clean-up";
import { scriptText } from "../../host/script-text";
import { shellAssignments, shellQuote } from "../../host/shell";
import type { Answer } from "../../host/ssh";
import { fact, numberOf, readFacts, shown } from "../facts";
import type { HostPlan, Plan } from "../plan";
import { askHost } from "../round";
import { scriptFiles } from "../scripts";

/** The stack, as a restore needs it. */
export interface Site {
  readonly plan: Plan;
  readonly podSubnet: string;
}

/** A master's state. */
export interface MasterState {
  readonly host: HostPlan;
  /** As node_state prints it (components/control-plane/node.sh). */
  readonly state: string;
  /** The host's identity, if it is not that of the configuration. */
  readonly other?: string;
  /** Whether its etcd is part of a majority. */
  readonly hasLeader: boolean;
  /** Whether it has data of etcd. */
  readonly hasData: boolean;
  /** Whether its etcd has a leader and is the only member, as after a run with `--survivor`. */
  readonly isAlone: boolean;
  /** Bytes of etcd's data. */
  readonly dataBytes: number;
  /** Bytes that are free in /var/lib. */
  readonly freeBytes: number;
  /** Bytes that are free in /var/lib/etcd. */
  readonly etcdFreeBytes: number;
  /** Seconds by which its clock is ahead of this machine's. */
  readonly secondsAhead: number;
}

/** A master that could not be read. */
export interface UnreadMaster {
  readonly host: HostPlan;
  /** Whether it does not answer. Otherwise it answers, and the script failed. */
  readonly isSilent: boolean;
  readonly said: string;
}

const mastersOf = ({ hosts }: Plan) => hosts.filter(({ role }) => role === "master");
export const clusterOf = ({ fqdn, port }: Plan) => `${fqdn}:${port}`;

/** Functions of nodes and of etcd on a master. */
const shared = () =>
  [
    scriptFiles("host/name-lookup.sh", "host/kubernetes-here.sh"),
    `# the command for a person who gives a node up\nreset_by_hand() { printf '%s' ${shellQuote(resetNode)}; }`,
    scriptFiles(
      "components/control-plane/certificates-timer.sh",
      "components/control-plane/node.sh",
      "components/control-plane/etcd-data.sh",
      "operate/restore/etcd.sh",
    ),
  ].join("\n");

const variablesOf = (plan: Plan, { name, address }: HostPlan) => ({
  CLUSTER: clusterOf(plan),
  NODE: name,
  ROLE: "master",
  API: `https://${address}:${plan.port}`,
});

/** The script that reads a master. */
export const surveyText = ({ plan }: Site, host: HostPlan): string =>
  shellAssignments({ ...variablesOf(plan, host), KC_HOST: host.name, KC_STEP: "restore" }) +
  [scriptFiles("host/prelude.sh"), shared(), scriptFiles("operate/restore/survey.sh")].join("\n");

/** Reads all masters at the same time, and changes nothing. In the order of the configuration. */
export async function surveyMasters(site: Site): Promise<(MasterState | UnreadMaster)[]> {
  const limits = { seconds: 120, mostBytes: 100_000 };
  return Promise.all(
    mastersOf(site.plan).map(async (host) => stateOf(host, await askHost(host, surveyText(site, host), limits))),
  );
}

export const isRead = (master: MasterState | UnreadMaster): master is MasterState => "state" in master;

export function stateOf(host: HostPlan, answer: Answer): MasterState | UnreadMaster {
  if (answer.kind !== "answered") {
    return { host, isSilent: answer.kind === "unreachable", said: shown(answer.said) || "no reason given" };
  }
  const facts = readFacts(answer.output);
  const time = numberOf(fact(facts, "time"));
  if (fact(facts, "complete") !== "yes" || time === undefined) {
    return { host, isSilent: false, said: "its output is incomplete" };
  }
  const other = shown(fact(facts, "other") ?? "", 400);
  return {
    host,
    state: fact(facts, "state") ?? "",
    ...(other === "" ? {} : { other }),
    hasLeader: fact(facts, "leader") === "yes",
    hasData: fact(facts, "data") === "yes",
    isAlone: fact(facts, "alone") === "yes",
    dataBytes: numberOf(fact(facts, "data-bytes")) ?? 0,
    freeBytes: numberOf(fact(facts, "free-bytes")) ?? 0,
    etcdFreeBytes: numberOf(fact(facts, "etcd-free-bytes")) ?? 0,
    secondsAhead: time - Math.round(Date.now() / 1000),
  };
}

/** What is done on a master. */
export type Work = "reset_master" | "restore_master" | "survive";

/** The script that changes a master. An input follows it on standard input. */
export function workText({ plan, podSubnet }: Site, host: HostPlan, work: Work, snapshotTime = ""): string {
  const input = work === "restore_master" ? "exec 4<&0\n" : "";
  return scriptText({
    where: host.name,
    step: "restore",
    prelude: `set -- ${work}\n${input}${scriptFiles("host/prelude.sh")}`,
    script: [shared(), scriptFiles("operate/restore/master.sh", "operate/restore/survivor.sh")].join("\n"),
    variables: { ...variablesOf(plan, host), POD_SUBNET: podSubnet, SNAPSHOT_TIME: snapshotTime },
    timeoutSeconds: workSeconds,
  });
}

/** Time limit of the work on a master, with the transfer of an archive. */
const workSeconds = 3600;

/** The result of the work on a master. */
export interface Outcome {
  readonly host: HostPlan;
  readonly ok: boolean;
  /** What it reported, or the error. */
  readonly said: string;
}

export async function workOn(
  site: Site,
  host: HostPlan,
  work: Work,
  snapshotTime?: string,
  input?: Readable,
): Promise<Outcome> {
  // the host's lock is waited for, for at most 300 s
  const limits = { seconds: workSeconds + 330, mostBytes: 1_000_000 };
  const answer = await askHost(host, workText(site, host, work, snapshotTime), limits, input);
  return answer.kind === "answered"
    ? { host, ok: true, said: answer.output.trim() }
    : { host, ok: false, said: answer.said };
}
