import { shellAssignments } from "../../host/shell";
import type { Answer } from "../../host/ssh";
import { fact, numberOf, readFacts, rows, shown } from "../facts";
import type { HostPlan, Plan } from "../plan";
import { askHost } from "../round";
import { scriptFiles } from "../scripts";

/** A package that an update changes. */
export interface Update {
  readonly name: string;
  /** The installed version; undefined for a new package, e.g. a new kernel. */
  readonly from?: string;
  readonly to: string;
  readonly security: boolean;
  /** kube-control holds it. */
  readonly held: boolean;
}

/** What is left to do on a host. */
export interface HostWork {
  readonly host: HostPlan;
  readonly updates: readonly Update[];
  /** Packages that somebody else holds. They are not updated. */
  readonly kept: readonly string[];
  /** Why a reboot is needed; empty: it is not. */
  readonly reboots: readonly string[];
  /** The note of a run with `--reboot always`: whether that run still has to reboot this host. */
  readonly rebootRequest?: { readonly run: string; readonly pending: boolean };
  /** An interrupted run has taken this host out of service. */
  readonly interrupted: boolean;
  /** Whether this load balancer holds the virtual IP. */
  readonly holdsVirtualIp: boolean;
  readonly listsAgeSeconds?: number;
  /** What could not be read. */
  readonly problems: readonly string[];
}

/** A host that could not be read. */
export interface Unread {
  readonly host: HostPlan;
  readonly said: string;
}

/** Seconds for the update of the package lists and the plan of the update. */
const limits = { seconds: 420, mostBytes: 4_000_000 };

/** The script that reads what is left to do on a host. */
export function surveyText({ virtualIp }: Plan, { name, role }: HostPlan): string {
  const variables = { ROLE: role, NODE: name, VIRTUAL_IP: virtualIp, KC_HOST: name, KC_STEP: "maintenance" };
  const files = ["packages.sh", "reboot.sh", "survey.sh"].map((file) => `operate/maintenance/${file}`);
  return shellAssignments(variables) + scriptFiles("host/prelude.sh", ...files);
}

/** Reads all hosts at the same time. It updates their package lists. */
export async function surveyHosts(plan: Plan, hosts: readonly HostPlan[]): Promise<(HostWork | Unread)[]> {
  return Promise.all(hosts.map(async (host) => workOf(host, await askHost(host, surveyText(plan, host), limits))));
}

export const isRead = (work: HostWork | Unread): work is HostWork => "updates" in work;

export function workOf(host: HostPlan, answer: Answer): HostWork | Unread {
  if (answer.kind !== "answered") {
    return { host, said: shown(answer.said) || "no reason given" };
  }
  const facts = readFacts(answer.output);
  if (fact(facts, "complete") !== "yes") {
    return { host, said: "its output is incomplete" };
  }
  const age = numberOf(fact(facts, "lists-age"));
  const texts = (name: string) => (facts.get(name) ?? []).map((text) => shown(text));
  const failed = fact(facts, "updates-failed");
  const [, run, state] = /^([\w-]{1,40}) (pending|done)$/.exec(fact(facts, "reboot-request") ?? "") ?? [];
  const failedLists = fact(facts, "lists-failed");
  return {
    host,
    updates: rows(facts, "update").flatMap(([name = "", from, to, kind, held]) =>
      to === undefined || !/^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?$/.test(name)
        ? []
        : [{ name, ...(from === "-" ? {} : { from }), to, security: kind === "security", held: held === "held" }],
    ),
    kept: texts("kept"),
    reboots: texts("reboot"),
    ...(run === undefined ? {} : { rebootRequest: { run, pending: state === "pending" } }),
    interrupted: fact(facts, "interrupted") === "yes",
    holdsVirtualIp: fact(facts, "holds") === "yes",
    ...(age === undefined ? {} : { listsAgeSeconds: age }),
    problems: [
      ...(failedLists === undefined ? [] : ["the package lists could not be updated (apt-get update)"]),
      ...(failed === undefined ? [] : [`apt-get cannot plan an update: ${shown(failed, 300)}`]),
    ],
  };
}
