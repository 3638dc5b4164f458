import { randomBytes } from "node:crypto";
import type { CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult } from "@pulumi/pulumi/provider";
import { runOverSsh, type SshTarget } from "../host/ssh";
import type { Warn } from "./engine-log";
import { printable } from "./printable";
import { plain } from "./secrets";

export interface HostStateInputs {
  /** What messages name. */
  readonly about: string;
  /** The first that answers runs the checks. */
  readonly hosts: readonly SshTarget[];
  /** Scripts that compare a host with what kube-control set up there. */
  readonly checks: readonly { readonly what: string; readonly text: string }[];
  /** How many times the host was repaired. Not set by the program. */
  readonly generation?: number;
  /** What the last refresh found, by subject. Absent if nothing differs. Not set by the program. */
  readonly differences?: Readonly<Record<string, string>>;
}

/** What the checks of a host reported, by subject. */
export interface Report {
  /** What the steps of the host correct. */
  readonly differences: Readonly<Record<string, string>>;
  /** What an operator has to decide. */
  readonly notes: Readonly<Record<string, string>>;
}

type Inputs = HostStateInputs;

/**
 * Raises the generation if the last refresh found a difference. It is an input, so that a preview knows it. A host that does not
 * answer keeps its inputs, `differences` among them.
 */
export function check(olds: Inputs | undefined, news: Inputs): CheckResult {
  if (news.differences !== undefined) return { inputs: news };
  const { generation = 0, differences } = olds ?? ({} as Partial<Inputs>);
  return { inputs: { ...news, generation: differences === undefined ? generation : generation + 1 } };
}

export function diff(olds: Inputs, news: Inputs): DiffResult {
  const told = (inputs: Inputs) => JSON.stringify(plain(Object.fromEntries(Object.entries(inputs).sort())));
  return { changes: told(olds) !== told(news) };
}

export const create = (inputs: Inputs): CreateResult => ({ id: inputs.about, outs: inputs });
export const update = (news: Inputs): UpdateResult => ({ outs: news });

/** Runs the checks. It never fails: an error would end the refresh of all other resources. */
export async function read(warn: Warn, urn: string, id: string, props: Inputs): Promise<ReadResult> {
  const { about, hosts, checks } = plain(props) as Inputs;
  const { differences, notes } = await inspect(hosts, checks);
  for (const [subject, text] of Object.entries({ ...differences, ...notes })) {
    await warn(urn, `${about}: ${subject} ${text}`);
  }
  const { differences: _, ...rest } = props;
  const state = Object.keys(differences).length === 0 ? rest : { ...rest, differences };
  return { id, props: state, inputs: state };
}

type Checks = Inputs["checks"];

/**
 * Connects once to the first host that answers, and runs the checks there at the same time. Their output is read in the order of
 * the checks. Seconds: 75 at most for each host.
 */
export async function inspect(hosts: Inputs["hosts"], checks: Checks): Promise<Report> {
  const end = `kc-end-${randomBytes(8).toString("hex")}`;
  const started = checks.map(
    ({ text }, at) =>
      `exec {check${at}}< <(bash -s -- check 2>&1 <<'${end}' || true\n${text}\nprintf '%s ${at}\\n' ${end}\n${end}\n)\n`,
  );
  const text = [...started, ...checks.map((_, at) => `cat <&"$check${at}"\n`)].join("");
  const silent: string[] = [];
  for (const host of hosts) {
    const answer = await runOverSsh(host, text, { seconds: 75, patienceSeconds: 0, mostBytes: 1_000_000 });
    if (answer.kind === "answered") return reportOf(checks, answer.output, end);
    const what = answer.kind === "unreachable" ? "does not answer" : "cannot be checked";
    silent.push(hosts.length === 1 ? `${what}: ${answer.said}` : `${host.name} ${what}: ${answer.said}`);
  }
  return { differences: { host: printable(silent.join("; ")) }, notes: {} };
}

/** What the checks printed, of which nothing is trusted to be complete: a check without its last line counts as a difference. */
function reportOf(checks: Checks, output: string, end: string): Report {
  const report = { differences: {} as Record<string, string>, notes: {} as Record<string, string> };
  let rest = output;
  checks.forEach(({ what }, at) => {
    const mark = `${end} ${at}\n`;
    const found = rest.indexOf(mark);
    const lines = (found < 0 ? rest : rest.slice(0, found)).split("\n");
    rest = found < 0 ? rest : rest.slice(found + mark.length);
    if (found < 0) {
      report.differences[what] = `could not be checked: ${printable(lines.slice(-8).join("; "))}`;
    }
    collect(lines, report);
  });
  return report;
}

const subjects = 100;

function collect(lines: readonly string[], report: Record<"differences" | "notes", Record<string, string>>): void {
  let into: Record<string, string> | undefined;
  let subject = "";
  for (const line of lines) {
    const [, kind, of = "", text = ""] = /^(differs|note) ([^:]{1,120}): (.*)$/s.exec(line) ?? [];
    if (kind !== undefined) {
      into = kind === "differs" ? report.differences : report.notes;
      subject = printable(of);
      if (Object.keys(into).length < subjects) into[subject] = printable(text);
    } else if (line.startsWith("  ") && into?.[subject] !== undefined) {
      into[subject] += `\n${printable(line)}`;
    }
  }
}
