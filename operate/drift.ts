import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { type HostStateInputs, inspect, type Report } from "../provider/host-state";
import { secretMark } from "../provider/secrets";
import { type Finding, listed } from "./finding";
import { shown } from "./facts";
import type { ChosenStack, Surroundings } from "./stack";
import type { KeyedSubject } from "./verdict";

/** How the hosts differ from what the last `up` set up there. */
export type Drift =
  | { readonly kind: "read"; readonly reports: readonly HostReport[] }
  | { readonly kind: "unread"; readonly why: string };

interface HostReport extends Report {
  /** Name of the host, or of a component about which several hosts can report. */
  readonly about: string;
}

/** Time limit of `pulumi stack export` in seconds. */
const exportSeconds = 30;

/**
 * Runs the checks of `pulumi refresh`, which are in the state. They contain secrets, so their export needs the passphrase or
 * login of the state.
 */
export async function readDrift(stack: ChosenStack, { env }: Surroundings): Promise<Drift> {
  try {
    const states = byHost(hostStates(await exportedState(stack, env)));
    const reports = await Promise.all(
      states.map(async ({ about, hosts, checks }) => ({ about, ...(await inspect(hosts, checks)) })),
    );
    return { kind: "read", reports };
  } catch (error) {
    return { kind: "unread", why: (error as Error).message };
  }
}

function exportedState({ name, projectFile }: ChosenStack, env: Surroundings["env"]): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ["stack", "export", "--show-secrets", "--non-interactive", "--stack", name];
    const child = spawn("pulumi", args, { cwd: dirname(projectFile), env, timeout: exportSeconds * 1000 });
    let [state, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (state += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("error", (error) => reject(new Error(`pulumi cannot be started (${error.message})`)));
    child.on("close", (code) => {
      if (code === 0) resolve(state);
      else reject(new Error(`pulumi stack export failed: ${shown(errors.trim().split("\n").at(-1) ?? "", 200)}`));
    });
  });
}

/** The inputs of the resources that read hosts, from an export of the state. */
export function hostStates(exported: string): HostStateInputs[] {
  const { deployment } = JSON.parse(exported) as {
    deployment: { resources?: { type: string; inputs: unknown; delete?: boolean }[] };
  };
  return (deployment.resources ?? [])
    .filter((resource) => resource.type === "kube-control-hosts:index:HostState" && resource.delete !== true)
    .map(({ inputs }) => open(inputs) as HostStateInputs);
}

/** Joins the states of each host, so that one connection runs the checks of all components that manage it. */
export function byHost(states: readonly HostStateInputs[]): HostStateInputs[] {
  const joined = new Map<string, HostStateInputs>();
  for (const state of states) {
    const key = JSON.stringify([state.about, state.hosts]);
    joined.set(key, { ...state, checks: [...(joined.get(key)?.checks ?? []), ...state.checks] });
  }
  return [...joined.values()];
}

/** Replaces each secret in a value by its content, which an export contains as JSON. */
function open(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(open);
  if (secretMark in value) return open(JSON.parse(String((value as { plaintext?: string }).plaintext)));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, open(inner)]));
}

const remedy = (about: string) =>
  `Run \`pulumi refresh\`, which prints the differences of ${about}, then \`pulumi up\`, which corrects them.`;

/** The subject of the status. It omits the notes of the checks: other subjects report these facts. */
export function drift(read: Drift): KeyedSubject {
  const subject = { key: "drift", name: "drift" };
  if (read.kind === "unread") {
    const what = `the hosts were not compared with the state: ${read.why}`;
    const todo = "Set PULUMI_CONFIG_PASSPHRASE or log in to the backend, as for `pulumi up`.";
    return { ...subject, summary: "not compared", findings: [{ level: "note", what, todo }], facts: null };
  }
  const differing = read.reports.filter(({ differences }) => Object.keys(differences).length > 0);
  const findings = differing.flatMap(({ about, differences }) =>
    // the first line only: a refresh prints the lines of a file that differ
    Object.entries(differences).map(([of, text]): Finding => {
      const [first = ""] = text.split("\n");
      return {
        level: "degraded",
        host: about,
        what: `${about}: ${shown(of)} ${shown(first, 200)}`,
        todo: remedy(about),
      };
    }),
  );
  const names = [...new Set(differing.map(({ about }) => about))];
  return {
    ...subject,
    summary: names.length === 0 ? "no differences" : listed(names),
    findings,
    facts: subjectsOf(read.reports),
  };
}

/** What differs, by host. */
function subjectsOf(reports: readonly HostReport[]): Record<string, string[]> {
  const all: Record<string, string[]> = {};
  for (const { about, differences } of reports) (all[about] ??= []).push(...Object.keys(differences));
  return all;
}
