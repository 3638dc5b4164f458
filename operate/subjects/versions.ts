import { minorOf } from "../../components/control-plane/minor";
import { endOfSupport } from "../../components/control-plane/releases";
import { fact, numberOf, rows, type HostFacts } from "../facts";
import { type Finding, listed, type Subject } from "../finding";
import { answered, type Answered, type View } from "../view";
import { etcd } from "./etcd";
import { nodesOf } from "./nodes";

/** The versions of one host, by program. A program that is not installed is omitted. */
type Versions = Readonly<Record<string, string>>;

/** Days before the end of support from which it is a note. */
const soonDays = 60;

/** Versions of the stack's programs, and the end of support of its Kubernetes version. */
export function versions(view: View): Subject {
  const etcdVersions = (etcd(view).facts as { versions: Record<string, string | null> }).versions;
  const nodes = nodesOf(view) ?? [];
  const all = answered(view).map((reading) => {
    const node = nodes.find(({ name }) => name === reading.host.name);
    return { name: reading.host.name, role: reading.host.role, versions: versionsOf(reading, node, etcdVersions) };
  });
  const { kubernetes } = view.plan;
  const end = endOfSupport[minorOf(kubernetes) ?? 0];
  const text = (program: string) => [...new Set(all.flatMap((one) => one.versions[program] ?? []))].join(" and ");
  const shown = ["kubelet", "etcd", "containerd", "haproxy", "keepalived", "os"]
    .map((program) => [program, text(program)] as const)
    .filter(([, version]) => version !== "")
    .map(([program, version]) => (program === "os" ? version : `${program} ${version}`));
  return {
    name: "versions",
    summary: `${shown.join(", ")}${end === undefined ? "" : `; support of v1.${minorOf(kubernetes)} ends on ${end}`}`,
    findings: [...support(kubernetes, view.now), ...mixed(all, kubernetes), ...reboots(view)],
    facts: { hosts: Object.fromEntries(all.map((one) => [one.name, one.versions])), supportEnds: end ?? null },
  };
}

function versionsOf(
  { host, facts }: Answered,
  node: { kubelet?: string; runtime?: string } | undefined,
  etcdVersions: Readonly<Record<string, string | null>>,
): Versions {
  const packages = Object.fromEntries(rows(facts, "package").map(([name = "", version = ""]) => [name, version]));
  const found: Record<string, string | undefined> = {
    kubelet: node?.kubelet ?? packages["kubelet"],
    containerd: node?.runtime?.replace(/^containerd:\/\//, "") ?? packages["containerd.io"] ?? packages["containerd"],
    etcd: etcdVersions[host.name] ?? undefined,
    haproxy: haproxyVersion(facts) ?? packages["haproxy"],
    keepalived: /\bv(\d[\w.]*)/.exec(fact(facts, "keepalived") ?? "")?.[1] ?? packages["keepalived"],
    docker: fact(facts, "docker-version"),
    agent: /\(v([^)]*)\)/.exec(fact(facts, "agent-version") ?? "")?.[1],
  };
  const others = { os: fact(facts, "os"), kernel: fact(facts, "kernel") };
  const plain = Object.entries(found).map(([program, version]) => [program, upstream(version)] as const);
  return Object.fromEntries(
    [...Object.entries(others), ...plain].filter((one): one is [string, string] => one[1] !== undefined),
  );
}

/** The upstream version in a distribution's version: 1.7.24 in 1.7.24~ds1-6, 2.3.3 in 1:2.3.3-1. */
function upstream(version: string | undefined): string | undefined {
  return /^(?:\d+:)?v?(\d+(?:\.\d+)*)/.exec(version ?? "")?.[1];
}

function haproxyVersion(facts: HostFacts): string | undefined {
  const line = facts.get("haproxy-info")?.find((one) => one.startsWith("Version: "));
  return line?.replace("Version: ", "");
}

function support(kubernetes: string, now: Date): Finding[] {
  const minor = minorOf(kubernetes) ?? 0;
  const end = endOfSupport[minor];
  const days = end === undefined ? undefined : Math.ceil((Date.parse(`${end}T23:59:59Z`) - now.getTime()) / 86_400_000);
  const todo = "Upgrade one minor version after another: docs/operations.md.";
  if (days === undefined || days > soonDays) return [];
  return [
    {
      level: "note",
      what:
        days < 0
          ? `the support of v1.${minor} ended on ${end}`
          : `the support of v1.${minor} ends in ${days} days, on ${end}`,
      todo,
    },
  ];
}

/** Programs that should have the same version on all hosts that run them. */
const alike = ["kubelet", "etcd", "containerd", "haproxy", "keepalived"];

function mixed(all: readonly { name: string; versions: Versions }[], kubernetes: string): Finding[] {
  const findings = alike.flatMap((program): Finding[] => {
    const hosts = all.flatMap(({ name, versions: { [program]: version } }) =>
      version === undefined ? [] : [{ name, version }],
    );
    const kinds = [...new Set(hosts.map(({ version }) => version))];
    return kinds.length < 2
      ? []
      : [
          {
            level: "note",
            what: `${program} has different versions: ${listed(hosts.map(({ name, version }) => `${name} ${version}`))}`,
            todo: "Upgrade the older ones, one host after another: docs/operations.md.",
          },
        ];
  });
  const kubelets = [...new Set(all.flatMap(({ versions: of }) => of["kubelet"] ?? []))];
  const [only] = kubelets;
  if (kubelets.length === 1 && only !== undefined && `v${only}` !== kubernetes) {
    findings.push({
      level: "note",
      what: `the nodes run v${only}, but the configuration has ${kubernetes}`,
      todo: "Set kube-control:kubernetes.version to the version that runs, or upgrade: docs/operations.md.",
    });
  }
  return findings;
}

function reboots(view: View): Finding[] {
  return answered(view)
    .filter(({ facts }) => facts.has("reboot-required"))
    .map(({ host, facts }) => ({
      level: "note",
      host: host.name,
      what: `${host.name} requires a reboot${uptime(facts)}`,
      todo: "Run `npm run maintain`, which reboots one host after another: docs/operations.md.",
    }));
}

function uptime(facts: HostFacts): string {
  const seconds = numberOf(fact(facts, "uptime"));
  return seconds === undefined ? "" : ` (up ${Math.floor(seconds / 86_400)} days)`;
}
