import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { explain, LabError } from "../../base/error";
import { placeOf } from "../../base/place";
import { endOnSignals } from "../../base/process";
import { progressFor, type Report } from "../../base/progress";
import { trialsOf } from "../../base/trials";
import { openLab, planLab } from "../../commands/up";
import { findContainer } from "../../hosts/containers";
import { projectFolder } from "../../pulumi/environment";
import { labWorkspace } from "../../pulumi/pulumi-command";
import { needPulumi } from "../../pulumi/pulumi";
import { verify } from "../../verify/verify";
import { table } from "../../verify/finding";
import { writeSection } from "../document";
import { machine } from "../machine";
import { clean, type PlannedLab, stackHosts } from "./clean";
import { ansible } from "./contestants/ansible";
import { criticalPath } from "./contestants/critical-path";
import { emptyProgram } from "./contestants/empty-program";
import { stack } from "./contestants/stack";
import { asMarkdown, asText, goalsOf, type Measured, names } from "./measured";
import { outsideFindings } from "./outside";
import { labSite, type Site } from "./site";
import { runAgain, runTrials } from "./trials";

interface Options {
  readonly trials: number;
  readonly without: readonly string[];
  readonly noop: boolean;
  readonly restore: boolean;
  readonly json?: string;
  readonly markdown?: string;
}

/** What `--without` takes. */
const optional = { ansible: names.ansible, bare: names.bare } as const;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trials: { type: "string", default: "3" },
      without: { type: "string", multiple: true, default: [] },
      "no-op": { type: "boolean", default: false },
      restore: { type: "boolean", default: false },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const trials = trialsOf(values.trials);
  const unknown = values.without.find((name) => !(name in optional));
  if (unknown !== undefined)
    throw new Error(`--without ${unknown}: there are ${Object.keys(optional).join(" and ")} to be left out`);
  if (values["no-op"] && values.restore) throw new Error("--no-op and --restore: give one of them");
  const { without, restore, json, markdown } = values;
  return { trials, without, restore, noop: values["no-op"], json, markdown };
}

/** `bench up [--trials N] [--without ansible|bare]… [--no-op | --restore] [--json FILE] [--markdown FILE]` */
export async function up(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  endOnSignals(() =>
    process.stderr.write(
      "interrupted: what runs is ended; then, to bring the lab back: npm run bench -- up --restore\n",
    ),
  );
  try {
    await measure(options);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode ??= 1;
  }
}

async function measure(options: Options): Promise<void> {
  const place = placeOf();
  openLab(place);
  const lab = planLab(place);
  if (!existsSync(join(projectFolder(place), "Pulumi.yaml"))) {
    throw new LabError("the lab has no stack yet", "Raise it: npm run lab");
  }
  if (!options.restore) await refuseFallen(lab);
  const progress = progressFor(process.stderr);
  const pulumi = await needPulumi(place, () => undefined);
  const site = labSite(place);
  const ours = stack(place, pulumi);
  const cleanly = (report: Report) => clean(lab, pulumi, site, report);
  const whole = (report: Report) => verifyWhole(lab, site, report);
  const restore = () =>
    progress.run([
      { title: "the lab's hosts made anew", run: cleanly },
      { title: "pulumi up", run: ours.build },
      { title: "looking whether all stands", run: whole },
    ]);
  if (options.restore) {
    await restore();
    return;
  }

  const full: Record<string, number[]> = {};
  const noop: Record<string, number[]> = {};
  const measured: Measured = {
    machine: machine(),
    versions: { Pulumi: pulumi.version, Kubernetes: site.settings.kubernetes.version },
    masters: lab.stack.masters.length,
    loadBalancers: lab.stack.loadBalancers.length,
    full,
    noop,
  };
  const record = (times: "full" | "noop", name: string, seconds: number) => {
    (measured[times] as Record<string, number[]>)[name] = [...(measured[times][name] ?? []), seconds];
    // what was measured is kept, whatever comes after
    if (options.json !== undefined) {
      writeFileSync(options.json, `${JSON.stringify({ ...measured, goals: goalsOf(measured) }, null, 2)}\n`);
    }
  };

  const contestants = [
    ours,
    ...(options.without.includes("bare") || options.noop ? [] : [criticalPath(site)]),
    ...(options.without.includes("ansible") || options.noop ? [] : [ansible(place, site)]),
  ];
  await progress.run(contestants.map(({ name, prepare }) => ({ title: `${name}: made ready`, run: prepare })));
  let empty: Awaited<ReturnType<typeof emptyProgram>> | undefined;
  await progress.run([
    {
      title: "empty program: made ready",
      run: async () => {
        empty = await emptyProgram(join(place.folder, "bench", "empty"), labWorkspace(place, pulumi));
      },
    },
  ]);
  const baseline = empty === undefined ? undefined : { name: names.empty, run: empty };

  if (options.noop) {
    await runAgain(ours, baseline, options.trials, { progress, record, title: "the lab as it stands" });
  } else {
    await runTrials({
      contestants,
      trials: options.trials,
      clean: cleanly,
      verify: whole,
      baseline,
      progress,
      record,
    }).catch(async (error: unknown) => {
      process.stderr.write(`${explain(error)}\nThe lab is brought back before this ends.\n`);
      await restoreOrSay(restore);
      throw new LabError("the benchmark was not finished; what failed is said above");
    });
    await restoreOrSay(restore);
  }
  process.stdout.write(`\n${asText(measured)}`);
  if (options.markdown !== undefined) writeSection(options.markdown, "up", asMarkdown(measured));
  if (goalsOf(measured).some(({ met }) => !met)) process.exitCode = 1;
}

async function restoreOrSay(restore: () => Promise<void>): Promise<void> {
  try {
    await restore();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    throw new LabError("the lab is not whole", "Bring it back: npm run bench -- up --restore");
  }
}

/** @throws LabError where a host of the stack does not run */
async function refuseFallen(lab: PlannedLab): Promise<void> {
  for (const host of stackHosts(lab)) {
    if ((await findContainer(lab.place, host))?.running !== true) {
      throw new LabError(`the lab does not stand: ${host.name} does not run`, "Raise it: npm run lab");
    }
  }
}

/** Seconds for which what a build has left behind is looked at again: HAProxy's checks and the agent's batches take some. */
const patience = 30;

async function verifyWhole(lab: PlannedLab, site: Site, report: Report): Promise<void> {
  const findings = await verify(lab, report, patience);
  const outside = await outsideFindings(site);
  if (outside.length > 0 || findings.some(({ ok }) => !ok)) {
    throw new LabError("the stack does not stand as it should", undefined, [table(findings), ...outside].join("\n"));
  }
}
