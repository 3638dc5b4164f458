import { type Finding, levels, listed, type Subject } from "./finding";
import { agent } from "./subjects/agent";
import { apiServers } from "./subjects/api-servers";
import { backups } from "./subjects/backups";
import { certificates } from "./subjects/certificates";
import { clocks } from "./subjects/clocks";
import { endpoint } from "./subjects/endpoint";
import { etcd } from "./subjects/etcd";
import { haproxy } from "./subjects/haproxy";
import { hosts } from "./subjects/hosts";
import { machines } from "./subjects/machines";
import { nodes } from "./subjects/nodes";
import { pods } from "./subjects/pods";
import { services } from "./subjects/services";
import { versions } from "./subjects/versions";
import { virtualIp } from "./subjects/virtual-ip";
import { answered, hostsOf, type View } from "./view";

/** The exit code of each state of a stack. */
export const exitCodes = { ok: 0, degraded: 1, down: 2, "cannot tell": 3 } as const;

export type State = keyof typeof exitCodes;

export interface Verdict {
  readonly state: State;
  /** The most important result, in one or two sentences. */
  readonly headline: string;
  readonly subjects: readonly KeyedSubject[];
}

/** By their keys in the JSON, in the order in which an operator looks for the cause of an outage. */
const subjects = {
  ...{ endpoint, virtualIp, haproxy, services, apiServers, etcd, nodes, systemPods: pods, hosts },
  ...{ certificates, versions, clocks, machines, backups, agent },
};

/** A subject with its key in the JSON. */
export interface KeyedSubject extends Subject {
  readonly key: string;
}

/** @param further subjects that do not come from a round, e.g. mistakes in the configuration */
export function judge(view: View, further: readonly KeyedSubject[] = []): Verdict {
  const seen = [...Object.entries(subjects).map(([key, subject]) => ({ key, ...subject(view) })), ...further];
  const state = stateOf(view, seen);
  return { state, headline: headline(view, state, seen), subjects: seen };
}

function stateOf(view: View, all: readonly Subject[]): State {
  if (answered(view).length === 0) return "cannot tell";
  const found = (level: Finding["level"]) => all.some(({ findings }) => findings.some((one) => one.level === level));
  if (found("down")) return "down";
  // an unknown fact does not count as ok
  return found("degraded") || found("unknown") ? "degraded" : "ok";
}

/** Subjects in which a finding of a host means lost redundancy. */
const redundant = ["virtualIp", "haproxy", "services", "apiServers", "etcd", "nodes", "hosts"];

function headline(view: View, state: State, all: readonly KeyedSubject[]): string {
  switch (state) {
    case "ok":
      return "Everything is in order.";
    case "cannot tell":
      return "No host could be read: the state of the stack is unknown.";
    case "down":
      return "Clients reach no API server through the endpoint.";
    case "degraded": {
      const broken = all
        .filter(({ key }) => redundant.includes(key))
        .flatMap(({ findings }) => findings.filter(({ level }) => level === "degraded"))
        .flatMap(({ host }) => host ?? []);
      const failed = new Set(broken);
      if (failed.size === 0) return "The endpoint works. The findings below need attention.";
      const count = failed.size === 1 ? "one failure" : `${failed.size} failures`;
      return `You already have ${count}: ${listed([...failed])}. ${tolerance(view, failed)}`;
    }
  }
}

/** The effect of one more failure. */
function tolerance(view: View, failed: ReadonlySet<string>): string {
  const lost = (role: "master" | "load balancer") => hostsOf(view, role).filter(({ name }) => failed.has(name)).length;
  const masters = hostsOf(view, "master").length;
  const spareMasters = Math.floor((masters - 1) / 2) - lost("master");
  const spareLoadBalancers = hostsOf(view, "load balancer").length - 1 - lost("load balancer");
  const limits = [
    ...(lost("master") > 0 && spareMasters <= 0 ? ["one more failed master stops the cluster"] : []),
    ...(lost("load balancer") > 0 && spareLoadBalancers <= 0
      ? ["one more failed load balancer stops the endpoint"]
      : []),
  ];
  return limits.length === 0 ? "Repair this before you start maintenance." : `Repair this first: ${listed(limits)}.`;
}

/** All findings with their subjects: the most severe first, then in the order of the subjects. */
export function findingsOf({
  subjects: all,
}: Verdict): { readonly subject: KeyedSubject; readonly finding: Finding }[] {
  const every = all.flatMap((subject) => subject.findings.map((finding) => ({ subject, finding })));
  return levels.flatMap((level) => every.filter(({ finding }) => finding.level === level));
}
