import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { kubernetesVersion } from "../../artefacts/versions";
import { explain, LabError } from "../../base/error";
import { placeOf } from "../../base/place";
import { run, stopOnSignals } from "../../base/process";
import { progressFor } from "../../base/progress";
import { parseTrials } from "../../base/trials";
import { withLabLock } from "../../base/lock";
import { openLab, planLab } from "../../commands/up";
import { findContainer } from "../../hosts/containers";
import { onHost } from "../../hosts/ssh";
import { labWorkspace, projectFolder, type Workspace } from "../../pulumi/environment";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { ensurePulumi } from "../../pulumi/pulumi";
import { removeStaleLocks } from "../../pulumi/stale-lock";
import { table } from "../../verify/finding";
import { verify } from "../../verify/verify";
import { commonOptions, machine, publish, writeJson } from "../results";
import { recreateHosts, stackHosts } from "./fresh";
import { asMarkdown, goalsOf, type Result, tablesOf } from "./report";
import { buildFresh, type Recorder, runNoOp, runTrials, type Steps } from "./trials";

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: { ...commonOptions, "no-op": { type: "boolean" }, restore: { type: "boolean" } },
  });
  if (values["no-op"] && values.restore) throw new LabError("--no-op and --restore cannot be combined");
  return { ...values, trials: parseTrials(values.trials ?? "3") };
}

/** `bench up [--trials N] [--no-op | --restore] [--json FILE] [--markdown FILE]` */
export function up(args: readonly string[]): () => Promise<void> {
  const options = readOptions(args);
  return () => withLabLock(placeOf(), () => measure(options));
}

const root = resolve(__dirname, "../../..");

/** Seconds for which a failed check after a build is repeated: HAProxy's checks and the agent's batches need some. */
const retrySeconds = 30;

async function measure(options: ReturnType<typeof readOptions>): Promise<void> {
  stopOnSignals(() =>
    process.stderr.write("interrupted: stopping; to restore the lab, run: npm run bench -- up --restore\n"),
  );
  const place = placeOf();
  openLab(place);
  const lab = planLab(place);
  if (!existsSync(join(projectFolder(place), "Pulumi.yaml"))) {
    throw new LabError("the lab has no stack yet", "Create it: npm run lab");
  }
  for (const host of options.restore ? [] : stackHosts(lab)) {
    if ((await findContainer(place, host))?.running !== true) {
      throw new LabError(`the lab's host ${host.name} does not run`, "Start it: npm run lab");
    }
  }
  removeStaleLocks(place);
  const progress = progressFor(process.stderr);
  const pulumi = await ensurePulumi(place);
  const workspace = labWorkspace(place, pulumi);
  // the stack's CLI, plugins and state with another project
  const empty = { cwd: join(place.folder, "bench", "empty"), env: { ...workspace.env, PULUMI_STACK: "empty" } };
  const again = [...upArguments, "--expect-no-changes"];
  const steps: Steps = {
    clean: (report) => recreateHosts(lab, workspace, report),
    build: (report) => pulumiIn(workspace, upArguments, report),
    async verify(report) {
      const findings = await verify(lab, report, retrySeconds);
      if (findings.some(({ ok }) => !ok)) {
        throw new LabError("checks of the stack failed", undefined, table(findings));
      }
    },
    again: (report) => pulumiIn(workspace, again, report),
    empty: (report) => pulumiIn(empty, again, report),
    refresh: (report) => pulumiIn(workspace, ["refresh", "--yes", "--skip-preview", "--non-interactive"], report),
    status: () => run(process.execPath, [join(root, "operate", "bundle.cjs")], workspace),
    async round() {
      await Promise.all(stackHosts(lab).map((host) => onHost(lab, host, "true")));
      await run(process.execPath, ["-e", "0"]);
    },
  };
  const restore = async () => {
    try {
      await buildFresh(steps, "restoring the lab", progress, () => undefined);
    } catch (error) {
      process.stderr.write(`${explain(error)}\n`);
      throw new LabError("the lab could not be restored", "Try again: npm run bench -- up --restore");
    }
  };
  if (options.restore) return restore();

  await progress.run([{ title: "empty program: preparation", run: () => ensureEmptyProgram(empty) }]);
  const result: Result = {
    machine: machine(),
    versions: { Pulumi: pulumi.version, Kubernetes: `v${kubernetesVersion}` },
    masters: lab.stack.masters.length,
    loadBalancers: lab.stack.loadBalancers.length,
    full: {},
    noop: {},
  };
  const record: Recorder = (kind, name, seconds) => {
    (result[kind][name] ??= []).push(seconds);
    // write now, so that a later error does not lose the measurements
    writeJson(options, { ...result, goals: goalsOf(result) });
  };
  if (options["no-op"]) {
    await runNoOp(steps, "the existing lab", options.trials, progress, record);
  } else {
    try {
      await runTrials(steps, options.trials, progress, record);
    } catch (error) {
      process.stderr.write(`${explain(error)}\nRestoring the lab first.\n`);
      await restore();
      throw new LabError("the benchmark failed (see above); the lab is restored");
    }
    await restore();
  }
  publish(options, "up", tablesOf(result), (on) => asMarkdown(result, on));
  if (goalsOf(result).some(({ met }) => !met)) process.exitCode = 1;
}

/** Creates the stack of the empty program: the providers of the lab's stack, and no other resource. */
async function ensureEmptyProgram(workspace: Workspace): Promise<void> {
  const { cwd } = workspace;
  mkdirSync(cwd, { recursive: true, mode: 0o700 });
  const project = {
    name: "kube-control-empty",
    runtime: { name: "nodejs", options: { typescript: true, packagemanager: "npm" } },
    main: relative(cwd, join(__dirname, "empty/index.ts")),
  };
  writeFileSync(join(cwd, "Pulumi.yaml"), stringify(project));
  await pulumiIn(workspace, ["stack", "select", "--create", "empty"]);
  // creates the providers; later runs have nothing to change
  await pulumiIn(workspace, upArguments);
}
