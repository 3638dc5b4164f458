import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Role } from "../../host/facts";
import type { FromHere } from "../../operate/from-here";
import type { HostPlan, Plan } from "../../operate/plan";
import { readingOf } from "../../operate/round";
import { judge, type Verdict } from "../../operate/verdict";
import type { Reading, View } from "../../operate/view";

// Views of a stack: the recorded outputs of its hosts (recorded/), with the changes of a test.

const roles: Readonly<Record<string, Role>> = {
  "k8s-master1": "master",
  "k8s-master2": "master",
  "k8s-master3": "master",
  "haproxy-lb1": "load balancer",
  "haproxy-lb2": "load balancer",
  monitor: "monitor",
};

const addresses = ["151", "152", "153", "141", "142", "160"].map((last) => `192.168.2.${last}`);

export const hosts = Object.entries(roles).map(([name, role], index): HostPlan => {
  const address = addresses[index] ?? "";
  return { name, role, address, target: { name, address, port: 22, user: "ops", hostKey: "ssh-ed25519 AAAA" } };
});

export const plan: Plan = {
  stack: "prod",
  fqdn: "kube-control.kacangisnuts.com",
  port: 6443,
  virtualIp: "192.168.2.140",
  nameServers: [],
  kubernetes: "v1.37.2",
  listener: { name: "qnap", type: "udp", port: 15141 },
  statsSocket: "/run/haproxy.sock",
  healthPort: 8404,
  checkedSection: "k8s-managers-readyz",
  certificateSeconds: 30 * 86_400,
  backup: { intervalHours: 6, copyTo: "monitor" },
  drainSeconds: 300,
  hosts,
};

export const fromHere: FromHere = { name: { addresses: ["192.168.2.140"] }, readyz: { status: 200, body: "ok" } };

/** When the outputs were recorded. */
const recordedAt = 1795725600_000;

export const recorded = (name: string) => readFileSync(join(__dirname, "recorded", `${name}.txt`), "utf8");

/** The change of a host in a test: another output, or no answer. */
export type Change = ((output: string) => string) | { readonly kind: "unreachable" | "failed"; readonly said: string };

export function viewOf(changes: Readonly<Record<string, Change>> = {}, others: Partial<View> = {}): View {
  const readings = hosts.map((host): Reading => {
    const change = changes[host.name] ?? ((output: string) => output);
    if (typeof change !== "function") return readingOf(host, change);
    const output = change(recorded(host.name));
    return readingOf(host, { kind: "answered", output, greeting: "", begun: [recordedAt, recordedAt + 200] });
  });
  return { plan, readings, fromHere, now: new Date(recordedAt), ...others };
}

export const verdictOf = (changes: Readonly<Record<string, Change>> = {}, others: Partial<View> = {}): Verdict =>
  judge(viewOf(changes, others));

/** Each finding as a line: level, subject, what. */
export const linesOf = ({ subjects }: Verdict): string[] =>
  subjects.flatMap(({ name, findings }) => findings.map(({ level, what }) => `${level} ${name}: ${what}`));

/** Replaces the line that begins with a fact's name, or removes it. */
export const line =
  (name: string, value?: string) =>
  (output: string): string =>
    output.replace(new RegExp(`^${name} .*\n`, "m"), () => (value === undefined ? "" : `${name} ${value}\n`));

/** Several changes of one output. */
export const all =
  (...changes: readonly ((output: string) => string)[]) =>
  (output: string): string =>
    changes.reduce((text, change) => change(text), output);
