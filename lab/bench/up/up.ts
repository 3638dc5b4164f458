import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kubernetesVersion } from "../../artefacts/versions";
import { explain, LabError } from "../../base/error";
import { placeOf } from "../../base/place";
import { endOnSignals } from "../../base/process";
import { progressFor } from "../../base/progress";
import { trialsOf } from "../../base/trials";
import { alone } from "../../base/turn";
import { openLab, planLab } from "../../commands/up";
import { findContainer } from "../../hosts/containers";
import { labWorkspace, projectFolder } from "../../pulumi/environment";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { needPulumi } from "../../pulumi/pulumi";
import { dropStaleLocks } from "../../pulumi/stale-lock";
import { table } from "../../verify/finding";
import { verify } from "../../verify/verify";
import { commonOptions, machine, publish, writeJson } from "../results";
import { emptyProgram } from "./empty-program";
import { makeFresh, stackHosts } from "./fresh";
import { asMarkdown, goalsOf, type Result, tablesOf } from "./report";
import { type Recorder, runAgain, runTrials, type Steps } from "./trials";

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: { ...commonOptions, "no-op": { type: "boolean" }, restore: { type: "boolean" } },
  });
  if (values["no-op"] && values.restore) throw new LabError("--no-op and --restore: give one of them");
  return { ...values, trials: trialsOf(values.trials ?? "3") };
}

/** `bench up [--trials N] [--no-op | --restore] [--json FILE] [--markdown FILE]` */
export function up(args: readonly string[]): () => Promise<void> {
  const options = readOptions(args);
  return () => alone(placeOf(), () => measure(options));
}

/** Seconds for which what a build has left behind is looked at again: HAProxy's checks and the agent's batches take some. */
const patience = 30;

async function measure(options: ReturnType<typeof readOptions>): Promise<void> {
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
  for (const host of options.restore ? [] : stackHosts(lab)) {
    if ((await findContainer(place, host))?.running !== true) {
      throw new LabError(`the lab does not stand: ${host.name} does not run`, "Raise it: npm run lab");
    }
  }
  dropStaleLocks(place);
  const progress = progressFor(process.stderr);
  const pulumi = await needPulumi(place);
  const workspace = labWorkspace(place, pulumi);
  let empty = workspace;
  const steps: Steps = {
    clean: (report) => makeFresh(lab, workspace, report),
    build: (report) => pulumiIn(workspace, upArguments, report),
    async verify(report) {
      const findings = await verify(lab, report, patience);
      if (findings.some(({ ok }) => !ok)) {
        throw new LabError("the stack does not stand as it should", undefined, table(findings));
      }
    },
    again: (report) => pulumiIn(workspace, [...upArguments, "--expect-no-changes"], report),
    empty: (report) => pulumiIn(empty, [...upArguments, "--expect-no-changes"], report),
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

  const makeEmpty = async () => {
    empty = await emptyProgram(join(place.folder, "bench", "empty"), workspace);
  };
  await progress.run([{ title: "empty program: made ready", run: makeEmpty }]);
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
  if (options["no-op"]) {
    await runAgain(steps, "the lab as it stands", options.trials, progress, record);
  } else {
    try {
      await runTrials(steps, options.trials, progress, record);
    } catch (error) {
      process.stderr.write(`${explain(error)}\nThe lab is brought back before this ends.\n`);
      await restore();
      throw new LabError("the benchmark was not finished; what failed is said above");
    }
    await restore();
  }
  publish(options, "up", tablesOf(result), (on) => asMarkdown(result, on));
  if (goalsOf(result).some(({ met }) => !met)) process.exitCode = 1;
}
