import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kubernetesVersion } from "../../artefacts/versions";
import { explain, LabError } from "../../base/error";
import { placeOf } from "../../base/place";
import { endOnSignals } from "../../base/process";
import { progressFor } from "../../base/progress";
import { trialsOf } from "../../base/trials";
import { openLab, planLab } from "../../commands/up";
import { findContainer } from "../../hosts/containers";
import { projectFolder } from "../../pulumi/environment";
import { labWorkspace, pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { needPulumi } from "../../pulumi/pulumi";
import { dropStaleLocks } from "../../pulumi/stale-lock";
import { table } from "../../verify/finding";
import { verify } from "../../verify/verify";
import { commonOptions, machine, type Outputs, publish, writeJson } from "../results";
import { emptyProgram } from "./empty-program";
import { makeFresh, type PlannedLab, stackHosts } from "./fresh";
import { asMarkdown, goalsOf, type Result, tablesOf } from "./report";
import { type Recorder, runAgain, runTrials, type Steps } from "./trials";

interface Options extends Outputs {
  readonly trials: number;
  readonly noop: boolean;
  readonly restore: boolean;
}

/** `bench up [--trials N] [--no-op | --restore] [--json FILE] [--markdown FILE]` */
export function up(args: readonly string[]): () => Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { ...commonOptions, "no-op": { type: "boolean" }, restore: { type: "boolean" } },
  });
  const { "no-op": noop = false, restore = false, trials = "3", json, markdown } = values;
  if (noop && restore) throw new LabError("--no-op and --restore: give one of them");
  const options = { trials: trialsOf(trials), noop, restore, json, markdown };
  return () => measure(options);
}

/** Seconds for which what a build has left behind is looked at again: HAProxy's checks and the agent's batches take some. */
const patience = 30;

async function measure(options: Options): Promise<void> {
  endOnSignals(() =>
    process.stderr.write(
      "interrupted: what runs is ended; then, to bring the lab back: npm run bench -- up --restore\n",
    ),
  );
  const place = placeOf();
  openLab(place);
  const lab = planLab(place);
  if (!existsSync(join(projectFolder(place), "Pulumi.yaml"))) {
    throw new LabError("the lab has no stack yet", "Raise it: npm run lab");
  }
  if (!options.restore) await refuseFallen(lab);
  dropStaleLocks(place);
  const progress = progressFor(process.stderr);
  const pulumi = await needPulumi(place, () => undefined);
  const workspace = labWorkspace(place, pulumi);
  const steps: Omit<Steps, "empty"> = {
    clean: (report) => makeFresh(lab, workspace, report),
    build: (report) => pulumiIn(workspace, upArguments, report),
    again: (report) => pulumiIn(workspace, [...upArguments, "--expect-no-changes"], report),
    async verify(report) {
      const findings = await verify(lab, report, patience);
      if (findings.some(({ ok }) => !ok)) {
        throw new LabError("the stack does not stand as it should", undefined, table(findings));
      }
    },
  };
  const restore = async () => {
    try {
      await progress.run([
        { title: "the lab's hosts made anew", run: steps.clean },
        { title: "pulumi up", run: steps.build },
        { title: "looking whether all stands", run: steps.verify },
      ]);
    } catch (error) {
      process.stderr.write(`${explain(error)}\n`);
      throw new LabError("the lab is not whole", "Bring it back: npm run bench -- up --restore");
    }
  };
  if (options.restore) return restore();

  const times: Record<"full" | "noop", Record<string, number[]>> = { full: {}, noop: {} };
  const result: Result = {
    machine: machine(),
    versions: { Pulumi: pulumi.version, Kubernetes: `v${kubernetesVersion}` },
    masters: lab.stack.masters.length,
    loadBalancers: lab.stack.loadBalancers.length,
    ...times,
  };
  const record: Recorder = (kind, name, seconds) => {
    (times[kind][name] ??= []).push(seconds);
    // what was measured is kept, whatever comes after
    writeJson(options, { ...result, goals: goalsOf(result) });
  };
  let empty: Steps["empty"] = () => Promise.resolve();
  await progress.run([
    {
      title: "empty program: made ready",
      run: async () => {
        empty = await emptyProgram(join(place.folder, "bench", "empty"), workspace);
      },
    },
  ]);
  const all = { ...steps, empty };
  if (options.noop) {
    await runAgain(all, "the lab as it stands", options.trials, progress, record);
  } else {
    try {
      await runTrials(all, options.trials, progress, record);
    } catch (error) {
      process.stderr.write(`${explain(error)}\nThe lab is brought back before this ends.\n`);
      await restore();
      throw new LabError("the benchmark was not finished; what failed is said above");
    }
    await restore();
  }
  publish(options, "up", result.machine, tablesOf(result), asMarkdown(result));
  if (goalsOf(result).some(({ met }) => !met)) process.exitCode = 1;
}

/** @throws LabError where a host of the stack does not run */
async function refuseFallen(lab: PlannedLab): Promise<void> {
  for (const host of stackHosts(lab)) {
    if ((await findContainer(lab.place, host))?.running !== true) {
      throw new LabError(`the lab does not stand: ${host.name} does not run`, "Raise it: npm run lab");
    }
  }
}
