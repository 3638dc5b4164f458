import { median } from "../../base/figures";
import { markdownTable, type Table } from "../../base/table";
import { counted, type machine, seconds } from "../results";
import { names } from "./trials";

/** Seconds of each run, by the kind of run. */
type Times = Record<string, number[]>;

export interface Result {
  readonly machine: ReturnType<typeof machine>;
  readonly versions: Readonly<Record<string, string>>;
  readonly masters: number;
  readonly loadBalancers: number;
  /** Builds of the complete stack on new hosts. */
  readonly full: Times;
  /** Runs with nothing to change. */
  readonly noop: Times;
}

/** The goals: limits for the ratio of two medians. Without both measurements there is no goal. */
export function goalsOf({ noop }: Pick<Result, "noop">) {
  const goal = (what: string, ours: string, theirs: string, atMost: number) => {
    const [all = [], base = []] = [noop[ours], noop[theirs]];
    if (all.length === 0 || base.length === 0) return [];
    const ratio = median(all) / median(base);
    return [{ what, ratio, atMost, met: ratio <= atMost }];
  };
  return [
    ...goal("no-op, against an empty program", names.stack, names.empty, 1.5),
    ...goal("status, against SSH and the start of Node.js", names.status, names.round, 2),
  ];
}

export function tablesOf(result: Result): Table[] {
  const goals = goalsOf(result).map(({ what, ratio, atMost, met }) => {
    return [what, atMost.toFixed(2), ratio.toFixed(2), met ? "met" : "NOT met"];
  });
  return [
    timeTable("full build", result.full),
    timeTable("nothing to change", result.noop),
    [["goal", "at most", "measured", ""], ...goals],
  ].filter((table) => table.length > 1);
}

function timeTable(title: string, times: Times): Table {
  const rows = Object.entries(times).map(([name, values]) => [
    name,
    ...[median(values), Math.min(...values), Math.max(...values)].map(seconds),
    values.map((value) => value.toFixed(1)).join(", "),
  ]);
  return [[title, "median", "best", "worst", "runs"], ...rows];
}

/** The section of docs/benchmarks.md. */
export function asMarkdown(result: Result, on: string): string {
  const { versions, masters, loadBalancers, full } = result;
  const trials = full[names.stack]?.length;
  const used = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `## \`pulumi up\`

\`npm run bench -- up\`, ${trials === undefined ? "no-op runs only" : counted(trials, "trial")}, in the lab: ${masters} masters and ${loadBalancers} load balancers, all on one machine.
${on}. ${used.join(", ")}.

${tablesOf(result).map(markdownTable).join("\n\n")}

### How it was measured

- **Start**: before each build, the stack's hosts are removed, created again and booted, with package lists on them. Record,
  pipeline, metrics, dashboard, monitors and Pulumi's state are deleted. Packages and images come from the lab's own
  repositories, so that the speed of other servers is not measured.
- **End**: the complete stack. After each build, outside the measurement, the lab checks all of it: the name, the virtual IP,
  the state of HAProxy's servers, nodes, etcd's voters, the agent, and a line of the NAS that the pipeline has parsed.
- **pulumi up**: \`pulumi up --yes --skip-preview\`, as \`npm run lab\` runs it.
- **empty program**: the same CLI, plugins, providers and state folder, without resources.
- **pulumi refresh**: \`pulumi refresh --yes --skip-preview\`, which runs the checks of all hosts.
- **SSH to all hosts**: \`ssh HOST true\` on all hosts of the stack at the same time, then \`node -e 0\`.
- Runs with nothing to change alternate. Times are wall time in seconds; goals compare medians.`;
}
