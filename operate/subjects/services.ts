import { type HostFacts, numberOf, rows } from "../facts";
import { type Finding, type Subject, unknown } from "../finding";
import { answered, type View } from "../view";

interface Unit {
  readonly name: string;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly enabled: string;
  readonly restarts: number;
}

/** Services that exist only if the configuration has the NAS's address. */
const optional = ["kube-control-agent-filter"];

/** The services of each host must run, and must start at boot. */
export function services(view: View): Subject {
  const all = answered(view).map(({ host, facts }) => ({ host: host.name, units: unitsOf(facts) }));
  const names = [...new Set(all.flatMap(({ units }) => units.map(({ name }) => name)))];
  return {
    name: "services",
    summary: `${names.join(", ")}: active and enabled`,
    findings: all.flatMap(({ host, units }) =>
      units.length === 0
        ? [unknown(host, "the state of its services")]
        : units.flatMap((unit) => findingOf(host, unit)),
    ),
    facts: Object.fromEntries(all.map(({ host, units }) => [host, units])),
  };
}

function unitsOf(facts: HostFacts): Unit[] {
  return rows(facts, "unit")
    .map(([id = "", load = "", active = "", sub = "", enabled = "", restarts]) => ({
      ...{ name: id.replace(/\.service$/, ""), load, active, sub, enabled },
      restarts: numberOf(restarts) ?? 0,
    }))
    .filter(({ name, load }) => !(load === "not-found" && optional.includes(name)));
}

function findingOf(host: string, { name, load, active, sub, enabled }: Unit): Finding[] {
  if (load === "not-found") {
    return [
      {
        level: "degraded",
        host,
        what: `${host} has no service ${name}`,
        todo: "Run `pulumi up --refresh`: it installs the service.",
      },
    ];
  }
  const findings: Finding[] = [];
  if (active !== "active") {
    findings.push({
      level: "degraded",
      host,
      what: `${name} on ${host} is ${active} (${sub})`,
      todo: `Run journalctl -u ${name} there, then systemctl restart ${name}.`,
    });
  }
  if (enabled !== "enabled") {
    findings.push({
      level: "degraded",
      host,
      what: `${name} on ${host} is ${enabled}: it does not start at boot`,
      todo: `Run systemctl enable ${name} there.`,
    });
  }
  return findings;
}
