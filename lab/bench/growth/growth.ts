import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { LabError } from "../../base/error";
import { median } from "../../base/figures";
import { type Place, placeOf } from "../../base/place";
import { stopOnSignals, run } from "../../base/process";
import { progressFor, type Report, type Task } from "../../base/progress";
import { markdownTable, type Table } from "../../base/table";
import { parseTrials } from "../../base/trials";
import { readStack } from "../../hosts/stack";
import { installPlugin, type PluginName, standIns } from "../../plugins/bundle";
import { labWorkspace } from "../../pulumi/environment";
import { ensurePulumi, type Pulumi } from "../../pulumi/pulumi";
import { pulumiIn } from "../../pulumi/pulumi-command";
import { ensureProject } from "../../stack/project";
import { commonOptions, counted, machine, measured, publish, rotated, seconds, writeJson } from "../results";
import { longestChain } from "./chain";
import type { MockRun } from "./program";
import { type Size, sizes, stackOf, type StackConfiguration } from "./stacks";

/** The measurements of a stack of one size. */
interface Grown extends Size {
  resources: number;
  chain: readonly string[];
  /** Seconds of each run of the program under mocks, and of each preview. */
  readonly mocks: number[];
  readonly previews: number[];
  toCreate?: number;
}

/** `bench growth [--trials N] [--without preview] [--json FILE] [--markdown FILE]` */
export function growth(args: readonly string[]): () => Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { ...commonOptions, without: { type: "string" } } });
  const trials = parseTrials(values.trials ?? "3");
  if (values.without !== undefined && values.without !== "preview") {
    throw new LabError(`--without ${values.without}: the only valid value is preview`);
  }
  return async () => {
    stopOnSignals();
    const folder = mkdtempSync(join(tmpdir(), "kube-control-growth-"));
    try {
      const grown = await grow(folder, trials, values.without === undefined);
      writeJson(values, { machine: machine(), trials, sizes: grown });
      publish(values, "growth", [tableOf(grown)], (on) => asMarkdown(grown, trials, on));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

async function grow(folder: string, trials: number, previews: boolean): Promise<Grown[]> {
  const place = placeOf();
  const progress = progressFor(process.stderr);
  const all = sizes.map((size) => {
    const own = mkdtempSync(join(folder, "stack-"));
    const seen: Grown = { ...size, resources: 0, chain: [], mocks: [], previews: [] };
    return { seen, place: { ...place, folder: own }, configuration: stackOf(size, place.root, own) };
  });
  const alternately = async (what: string, work: (one: (typeof all)[number]) => Task["run"]) => {
    for (let trial = 1; trial <= trials; trial++) {
      const turns = rotated(all, trial - 1);
      const title = (size: Size) => `${what}, ${titleOf(size)} (${trial} of ${trials})`;
      await progress.run(turns.map((one) => ({ title: title(one.seen), run: work(one) })));
    }
  };
  await alternately("mocks", ({ seen, configuration }) => async () => {
    const mock = await runUnderMocks(place.root, configuration);
    seen.resources = mock.steps.length;
    seen.chain = longestChain(mock.steps);
    seen.mocks.push(mock.seconds);
    return `${seen.resources} resources, ${seconds(mock.seconds)}`;
  });
  if (previews) {
    const pulumi = await ensurePulumi(place);
    const home = join(folder, "pulumi-home");
    const plugins = Object.keys(standIns) as PluginName[];
    await progress.run([
      // the lab's stand-ins are enough: a preview opens no connection
      ...plugins.map((name) => ({ title: `plugin ${name}`, run: () => installPlugin(name, home) })),
      ...all.map(({ seen, place: own, configuration }, index) => ({
        title: `stack of ${titleOf(seen)}`,
        run: async (report: Report) => {
          const stack = { ...readStack(own, { prefix: "192.168.2." }), text: stringify({ config: configuration }) };
          await ensureProject(own, pulumi, stack, report);
          // not measured: the first preview reads all packages from the disk
          if (index === 0) await preview(own, pulumi, home);
        },
      })),
    ]);
    await alternately("preview", ({ seen, place: own }) =>
      measured(
        async () => (seen.toCreate = await preview(own, pulumi, home)),
        (took) => seen.previews.push(took),
      ),
    );
  }
  return all.map(({ seen }) => seen);
}

const titleOf = ({ masters, loadBalancers }: Size) => `${masters} masters, ${loadBalancers} load balancers`;

/** Runs the program once in a new process, in which nothing is loaded yet. */
export async function runUnderMocks(root: string, configuration: StackConfiguration): Promise<MockRun> {
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  const program = join(__dirname, "program.ts");
  const said = await run(process.execPath, ["--import", `file://${loader}`, program], {
    cwd: root,
    input: JSON.stringify(configuration),
    env: { DOCKER_CONTEXT: "" },
    seconds: 180,
  });
  return JSON.parse(said) as MockRun;
}

/** Previews the stack with the plugins of a PULUMI_HOME; returns the number of resources to create. */
async function preview(place: Place, pulumi: Pulumi, home: string): Promise<number> {
  const { env, cwd } = labWorkspace(place, pulumi);
  const said = await pulumiIn({ cwd, env: { ...env, PULUMI_HOME: home } }, ["preview", "--color", "never"]);
  const count = /^\s*\+ (\d+) to create/m.exec(said)?.[1];
  if (count === undefined)
    throw new Error(`the preview does not show the number of resources to create: ${said.slice(-300)}`);
  return Number(count);
}

function tableOf(all: readonly Grown[]): Table {
  return [
    ["masters", "load balancers", "resources", "longest chain", "under mocks", "preview"],
    ...all.map(({ masters, loadBalancers, resources, chain, mocks, previews }) => [
      ...[masters, loadBalancers, resources, chain.length].map(String),
      seconds(median(mocks)),
      previews.length === 0 ? "-" : seconds(median(previews)),
    ]),
  ];
}

function asMarkdown(grown: readonly Grown[], trials: number, on: string): string {
  return `## Growth

\`npm run bench -- growth\`, medians of ${counted(trials, "run")}. ${on}.

${markdownTable(tableOf(grown))}

- **resources**: everything that the program registers, including components and providers.
- **longest chain**: the longest sequence of steps that wait for each other, independent of the speed of the hosts. In the smallest stack:
  ${(grown[0]?.chain ?? []).join(" → ")}.
- **under mocks**: only the program, including its loading, without compiler and engine.
- **preview**: \`pulumi preview\` of a stack without resources; state, plugins (the lab's stand-ins) and keys are in a separate
  folder. No host is contacted.

The order of the sizes rotates from run to run.`;
}
