import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Deployment } from "@pulumi/pulumi/automation";
import { explain, LabError } from "../base/error";
import { placeOf } from "../base/place";
import { stopOnSignals, isStopping } from "../base/process";
import { withLabLock } from "../base/lock";
import { recreateHosts } from "../bench/up/fresh";
import { openLab, planLab } from "../commands/up";
import { labWorkspace, type Workspace } from "../pulumi/environment";
import { ensurePulumi } from "../pulumi/pulumi";
import { pulumiIn, upArguments } from "../pulumi/pulumi-command";
import { removeStaleLocks } from "../pulumi/stale-lock";
import { table } from "../verify/finding";
import { verify } from "../verify/verify";
import { nameOf } from "../stack/deploy";
import { differences, essence } from "./compare";
import { duplicates } from "./duplicates";
import { isCreation } from "./checkpoint";
import { killUp } from "./kill-up";

const usage = `usage: npm run test:long -- kill [--from NAME] [--json FILE]

Builds the stack of the running lab on fresh hosts. Each \`pulumi up\` is killed (kill -9, its process group) as soon as the state
notes something new, and the note is taken back: the resource was created, and the state does not know it. The next \`up\` goes on,
until each resource with an effect had its turn.
Then one plain \`up\` has to bring the stack that an undisturbed build brings: the same export but for ids and times, all of
\`status\` in order, nothing twice at Cloudflare, Docker or Datadog, and nothing left to change.
  --from NAME  goes on with the build as it is; the first kill is in the creation of the resource of that name
  --json FILE  the resources, and what was found
`;

const say = (text: string) => void process.stderr.write(`${text}\n`);

const exported = async (workspace: Workspace) =>
  JSON.parse(await pulumiIn(workspace, ["stack", "export"])) as Deployment;

interface Reference {
  /** What the state says of each resource. */
  readonly essence: Map<string, string>;
  /** URNs of those that have to be interrupted. */
  readonly creations: readonly string[];
}

/** What an undisturbed build leaves in the state; built where it is not known from before. */
async function reference(lab: ReturnType<typeof planLab>, workspace: Workspace, anew: boolean): Promise<Reference> {
  const file = join(lab.place.folder, "kill-reference.json");
  if (anew || !existsSync(file)) {
    say("undisturbed build");
    await recreateHosts(lab, workspace, () => undefined);
    await pulumiIn(workspace, upArguments);
    // a second one notes what a first cannot know: the cluster's certificate authority, the agent that runs
    await pulumiIn(workspace, upArguments);
    writeFileSync(file, JSON.stringify(await exported(workspace)), { mode: 0o600 });
  }
  const state = JSON.parse(readFileSync(file, "utf8")) as Deployment;
  const { resources } = state.deployment as { readonly resources: readonly { urn: string; type: string }[] };
  return { essence: essence(state), creations: resources.filter(isCreation).map(({ urn }) => urn) };
}

interface Result {
  readonly killed: readonly string[];
  readonly minutes: number;
  /** What is not as it should be, a line each. */
  readonly wrong: readonly string[];
}

async function kill(from: string | undefined): Promise<Result> {
  const place = placeOf();
  openLab(place);
  const lab = planLab(place);
  const workspace = labWorkspace(place, await ensurePulumi(place));
  removeStaleLocks(place);
  const wanted = await reference(lab, workspace, from === undefined);
  if (from === undefined) {
    say("hosts made anew");
    await recreateHosts(lab, workspace, () => undefined);
  }
  const begin = Date.now();
  const killed = new Set<string>();
  let started = from === undefined;
  const mayDie = (urn: string) => (started ||= nameOf(urn) === from) && !killed.has(urn);
  const result = (wrong: readonly string[]): Result => ({
    killed: [...killed].map(nameOf),
    minutes: (Date.now() - begin) / 60_000,
    wrong,
  });
  for (;;) {
    if (isStopping()) return result(["interrupted"]);
    removeStaleLocks(place);
    const victims = await killUp(place, workspace, mayDie).catch((error: unknown) => explain(error));
    if (typeof victims === "string") return result([victims]);
    if (victims.length === 0) break;
    say(`${killed.size}: killed in ${victims.map(nameOf).join(", ")}`);
    for (const urn of victims) killed.add(urn);
  }
  const missed = from === undefined ? wanted.creations.filter((urn) => !killed.has(urn)) : [];
  return result([
    ...missed.map((urn) => `the creation of ${nameOf(urn)} was not interrupted`),
    ...(started ? [] : [`nothing named ${from} was created: pulumi preview lists what is still to create`]),
    ...(await wrongAfter(lab, workspace, wanted.essence)),
  ]);
}

async function wrongAfter(lab: ReturnType<typeof planLab>, workspace: Workspace, wanted: Map<string, string>) {
  const findings = await verify(lab, () => undefined, 90);
  const preview = await pulumiIn(workspace, ["preview", "--expect-no-changes", "--color", "never"]).then(
    () => [],
    (error: unknown) => [`a preview has something to change:\n${explain(error)}`],
  );
  return [
    ...differences(wanted, essence(await exported(workspace))),
    ...(findings.every(({ ok }) => ok) ? [] : [table(findings)]),
    ...(await duplicates(lab)),
    ...preview,
  ];
}

async function main(): Promise<number> {
  const { values } = options();
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const result = await withLabLock(placeOf(), () => kill(values.from));
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(result, undefined, 2));
  for (const line of result.wrong) say(`error: ${line}`);
  const { length } = result.killed;
  say(`${length} creations interrupted in ${result.minutes.toFixed(1)} min: ${result.wrong.length} findings`);
  if (result.wrong.length > 0) say(`It goes on by npm run test:long -- kill --from ${result.killed.at(-1) ?? "NAME"}`);
  return result.wrong.length === 0 && length > 0 ? 0 : 1;
}

function options() {
  try {
    return parseArgs({
      options: { from: { type: "string" }, json: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
  } catch (error) {
    throw new LabError((error as Error).message, usage);
  }
}

stopOnSignals();

main().then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode ??= 1;
  },
);
