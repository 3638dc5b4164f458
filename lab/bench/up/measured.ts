import { best, median, worst } from "../../base/figures";
import { markdownTable, plainTable, type Table } from "../../base/table";
import { describe, type Machine } from "../machine";
import { type Goal, goal, goalTable, seconds } from "../report";

/** Seconds of each run, by contestant. */
export type Times = Readonly<Record<string, readonly number[]>>;

export interface Measured {
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly masters: number;
  readonly loadBalancers: number;
  /** From hosts as they were raised to the whole stack. */
  readonly full: Times;
  /** The same again, with nothing to change. */
  readonly noop: Times;
}

export const names = {
  stack: "pulumi up",
  ansible: "Ansible",
  bare: "bare commands",
  empty: "empty program",
} as const;

const promised = [
  { times: "full", what: "full, against the bare commands", other: names.bare, atMost: 1.15 },
  { times: "full", what: "full, against Ansible", other: names.ansible, atMost: 0.7 },
  { times: "noop", what: "no-op, against an empty program", other: names.empty, atMost: 1.3 },
  { times: "noop", what: "no-op, against Ansible's", other: names.ansible, atMost: 0.2 },
] as const;

/** The promises of which both sides were measured. */
export function goalsOf(measured: Pick<Measured, "full" | "noop">): Goal[] {
  return promised.flatMap(({ times, what, other, atMost }) => {
    const [ours = [], theirs = []] = [measured[times][names.stack], measured[times][other]];
    return ours.length === 0 || theirs.length === 0 ? [] : [goal(what, ours, theirs, atMost)];
  });
}

function timeTable(title: string, times: Times): Table {
  return [
    [title, "median", "best", "worst", "runs"],
    ...Object.entries(times)
      .filter(([, values]) => values.length > 0)
      .map(([name, values]) => [
        name,
        ...[median(values), best(values), worst(values)].map(seconds),
        values.map((value) => value.toFixed(1)).join(", "),
      ]),
  ];
}

function tables(measured: Measured): Table[] {
  return [
    timeTable("full build", measured.full),
    timeTable("nothing to change", measured.noop),
    goalTable(goalsOf(measured)),
  ].filter((table) => table.length > 1);
}

export function asText(measured: Measured): string {
  return [describe(measured.machine), ...tables(measured).map(plainTable)].join("\n\n") + "\n";
}

/** The section of docs/benchmarks.md, without anything that names a machine. */
export function asMarkdown(measured: Measured): string {
  const { machine, versions, masters, loadBalancers, full } = measured;
  const trials = Math.max(0, ...Object.values(full).map(({ length }) => length));
  return `## \`pulumi up\`

\`npm run bench -- up\`, ${trials === 0 ? "no-op runs only" : `${trials} trials`}, in the lab: ${masters} masters and ${loadBalancers} load balancers, all on one machine.
${describe(machine)}. ${Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")}.

${tables(measured).map(markdownTable).join("\n\n")}

### How it was measured

- **Start**: before each build the stack's hosts are thrown away and raised anew, booted, with package lists and Python on
  them; record, pipeline, metrics, dashboard, monitors and Pulumi's state are emptied. Packages and images come from the
  lab's own repositories, so that no mirror's mood is measured.
- **End**: the whole stack, the same for all. After each build, outside the measurement, the lab looks at all of it: the
  name, the virtual IP, HAProxy's view, nodes, etcd's voters, the agent, and a line of the NAS that the pipeline has read.
- **pulumi up**: \`pulumi up --yes --skip-preview\`, as \`npm run lab\` runs it.
- **Ansible**: \`lab/bench/ansible\`, with pipelining, ControlPersist, ten forks and the free strategy for what can be side by
  side. Its connections are its own at each run.
- **bare commands**: \`lab/bench/critical-path\`, the essential commands over one SSH connection a host, each begun the moment
  that what it needs is there; no checks before, no locks, no state. It stands for the
  least that the work itself takes.
- **empty program**: the same CLI, plugins, providers and state folder, and no resource.
- The order of the contestants rotates from trial to trial; a no-op run of the stack and one of the empty program
  alternate. Numbers are wall time in seconds; goals compare medians.`;
}
