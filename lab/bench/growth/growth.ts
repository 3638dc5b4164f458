import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { explain } from "../../base/error";
import { median } from "../../base/figures";
import { placeOf } from "../../base/place";
import { endOnSignals, run } from "../../base/process";
import { progressFor } from "../../base/progress";
import { markdownTable, plainTable, type Table } from "../../base/table";
import { trialsOf } from "../../base/trials";
import { needPulumi } from "../../pulumi/pulumi";
import { writeSection } from "../document";
import { describe, machine, type Machine } from "../machine";
import { seconds } from "../report";
import { timed } from "../up/contestants/contestant";
import { orderOf } from "../up/order";
import { longestChain } from "./chain";
import { preview, previewEnvironment, previewStack } from "./preview";
import type { MockRun } from "./program";
import { madeUpSecrets, type Size, sizes, stackOf, type StackConfiguration } from "./stacks";

/** What was seen of a stack of one size. */
export interface Grown extends Size {
  readonly resources: number;
  readonly chain: readonly string[];
  readonly mocks: readonly number[];
  readonly previews: readonly number[];
  readonly toCreate?: number;
}

/** `bench growth [--trials N] [--without preview] [--json FILE] [--markdown FILE]` */
export async function growth(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trials: { type: "string", default: "3" },
      without: { type: "string" },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const trials = trialsOf(values.trials);
  if (values.without !== undefined && values.without !== "preview")
    throw new Error(`--without ${values.without}: only preview may be left out`);
  const folder = mkdtempSync(join(tmpdir(), "kube-control-growth-"));
  endOnSignals();
  try {
    const all = await grow(folder, trials, values.without === undefined);
    const result = { machine: machine(), trials, sizes: all };
    process.stdout.write(`\n${describe(result.machine)}\n\n${plainTable(tableOf(all))}\n`);
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
    if (values.markdown !== undefined) writeSection(values.markdown, "growth", asMarkdown(result));
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function grow(folder: string, trials: number, previews: boolean): Promise<Grown[]> {
  const place = placeOf();
  const progress = progressFor(process.stderr);
  const configurations = sizes.map((size) => {
    const own = mkdtempSync(join(folder, "keys-"));
    return { size, configuration: stackOf(size, place.root, own), seen: emptyOf(size) };
  });
  const trial = (number: number) => orderOf(configurations, number);
  for (let number = 0; number < trials; number++) {
    await progress.run(
      trial(number).map(({ size, configuration, seen }) => ({
        title: `mocks, ${nameOf(size)} (${number + 1} of ${trials})`,
        run: async () => {
          const mock = await runUnderMocks(place.root, configuration);
          seen.resources = mock.resources;
          seen.chain = longestChain(mock.steps);
          seen.mocks.push(mock.seconds);
          return `${mock.resources} resources, ${seconds(mock.seconds)}`;
        },
      })),
    );
  }
  if (previews) {
    const pulumi = await needPulumi(place, () => undefined);
    const env = await previewEnvironment(folder, pulumi);
    const workspaces = new Map<Size, Awaited<ReturnType<typeof previewStack>>>();
    await progress.run(
      configurations.map(({ size, configuration }) => ({
        title: `stack of ${nameOf(size)}`,
        run: async () => {
          const where = { root: place.root, folder, bin: pulumi.bin, env };
          const name = `growth-${size.masters}-${size.loadBalancers}`;
          workspaces.set(size, await previewStack(name, configuration, where));
        },
      })),
    );
    const [first] = workspaces.values();
    // the first one reads all packages from the disk
    await progress.run([{ title: "preview, not measured", run: () => preview(needed(first)) }]);
    for (let number = 0; number < trials; number++) {
      await progress.run(
        trial(number).map(({ size, seen }) => ({
          title: `preview, ${nameOf(size)} (${number + 1} of ${trials})`,
          run: async () => {
            const workspace = needed(workspaces.get(size));
            const took = await timed(async () => {
              seen.toCreate = await preview(workspace);
            });
            seen.previews.push(took);
            return seconds(took);
          },
        })),
      );
    }
  }
  return configurations.map(({ seen }) => seen);
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a stack was not made");
  return value;
}

interface Growing extends Grown {
  resources: number;
  chain: readonly string[];
  readonly mocks: number[];
  readonly previews: number[];
  toCreate?: number;
}

const emptyOf = (size: Size): Growing => ({ ...size, resources: 0, chain: [], mocks: [], previews: [] });
const nameOf = ({ masters, loadBalancers }: Size) => `${masters} masters, ${loadBalancers} load balancers`;

/** One run of the program, in a process of its own: nothing is loaded yet. */
export async function runUnderMocks(root: string, configuration: StackConfiguration): Promise<MockRun> {
  const loader = join(root, "node_modules", "tsx", "dist", "loader.mjs");
  const program = join(__dirname, "program.ts");
  const said = await run(process.execPath, ["--import", `file://${loader}`, program], {
    cwd: root,
    input: JSON.stringify({ configuration, secrets: madeUpSecrets }),
    env: { DOCKER_CONTEXT: "" },
    seconds: 180,
  });
  return JSON.parse(said) as MockRun;
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

function asMarkdown(result: { machine: Machine; trials: number; sizes: readonly Grown[] }): string {
  const [smallest] = result.sizes;
  return `## Growth

\`npm run bench -- growth\`, medians of ${result.trials} runs. ${describe(result.machine)}.

${markdownTable(tableOf(result.sizes))}

- **resources**: all that the program registers, components and providers included.
- **longest chain**: steps of which each waits for the one before, however fast the hosts are. Of the smallest stack:
  ${(smallest?.chain ?? []).join(" → ")}.
- **under mocks**: the program alone, its loading included, without compiler and engine.
- **preview**: \`pulumi preview\` of a stack that has nothing yet; state, plugins (the lab's stand-ins) and keys in a folder of
  its own. No host is dialled.

The order of the sizes rotates from run to run.`;
}
