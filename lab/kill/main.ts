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
import { comparable, differences } from "./compare";
import { duplicates } from "./duplicates";
import { isCreation } from "./checkpoint";
import { killUp } from "./kill-up";

const usage = `usage: npm run test:long -- kill [--from NAME] [--json FILE]

Builds the stack of the running lab on new hosts. Kills each \`pulumi up\` (kill -9 of its process group) as soon as the state holds
a new resource, and removes that resource from the state: it then exists, but Pulumi does not know it. The next \`up\` continues.
This repeats until every resource with an effect was interrupted once.
A last \`up\` must then give the same stack as an uninterrupted build: the same export except ids and times, all checks of
\`status\` passed, no duplicates at Cloudflare, Docker or Datadog, and no changes in a preview.
  --from NAME  continues the build as it is; the first kill is in the creation of the resource of that name
  --json FILE  writes the interrupted resources and the problems
`;

const say = (text: string) => void process.stderr.write(`${text}\n`);

const exported = async (workspace: Workspace) =>
  JSON.parse(await pulumiIn(workspace, ["stack", "export"])) as Deployment;

interface Reference {
  /** The resources of the state, as {@link comparable} gives them. */
  readonly resources: Map<string, string>;
  /** URNs of the creations that must be interrupted. */
  readonly creations: readonly string[];
}

/** The state after an uninterrupted build; builds the stack if the state is not known yet. */
async function reference(lab: ReturnType<typeof planLab>, workspace: Workspace, rebuild: boolean): Promise<Reference> {
  const file = join(lab.place.folder, "kill-reference.json");
  if (rebuild || !existsSync(file)) {
    say("uninterrupted build");
    await recreateHosts(lab, workspace, () => undefined);
    await pulumiIn(workspace, upArguments);
    // the second one stores what the first cannot know: the cluster's certificate authority, the running agent
    await pulumiIn(workspace, upArguments);
    writeFileSync(file, JSON.stringify(await exported(workspace)), { mode: 0o600 });
  }
  const state = JSON.parse(readFileSync(file, "utf8")) as Deployment;
  const { resources } = state.deployment as { readonly resources: readonly { urn: string; type: string }[] };
  return { resources: comparable(state), creations: resources.filter(isCreation).map(({ urn }) => urn) };
}

interface Result {
  readonly killed: readonly string[];
  readonly minutes: number;
  /** A line each. */
  readonly problems: readonly string[];
}

async function kill(from: string | undefined): Promise<Result> {
  const place = placeOf();
  openLab(place);
  const lab = planLab(place);
  const workspace = labWorkspace(place, await ensurePulumi(place));
  removeStaleLocks(place);
  const wanted = await reference(lab, workspace, from === undefined);
  if (from === undefined) {
    say("new hosts");
    await recreateHosts(lab, workspace, () => undefined);
  }
  const begin = Date.now();
  const killed = new Set<string>();
  let started = from === undefined;
  const mayKill = (urn: string) => (started ||= nameOf(urn) === from) && !killed.has(urn);
  const result = (problems: readonly string[]): Result => ({
    killed: [...killed].map(nameOf),
    minutes: (Date.now() - begin) / 60_000,
    problems,
  });
  for (;;) {
    if (isStopping()) return result(["interrupted"]);
    removeStaleLocks(place);
    const interrupted = await killUp(place, workspace, mayKill).catch((error: unknown) => explain(error));
    if (typeof interrupted === "string") return result([interrupted]);
    if (interrupted.length === 0) break;
    say(`${killed.size}: killed in ${interrupted.map(nameOf).join(", ")}`);
    for (const urn of interrupted) killed.add(urn);
  }
  const missed = from === undefined ? wanted.creations.filter((urn) => !killed.has(urn)) : [];
  return result([
    ...missed.map((urn) => `the creation of ${nameOf(urn)} was not interrupted`),
    ...(started ? [] : [`nothing named ${from} was created: pulumi preview lists what is still to create`]),
    ...(await problemsOf(lab, workspace, wanted.resources)),
  ]);
}

async function problemsOf(lab: ReturnType<typeof planLab>, workspace: Workspace, wanted: Map<string, string>) {
  const findings = await verify(lab, () => undefined, 90);
  const preview = await pulumiIn(workspace, ["preview", "--expect-no-changes", "--color", "never"]).then(
    () => [],
    (error: unknown) => [`a preview shows changes:\n${explain(error)}`],
  );
  return [
    ...differences(wanted, comparable(await exported(workspace))),
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
  for (const line of result.problems) say(`error: ${line}`);
  const { length } = result.killed;
  say(`${length} creations interrupted in ${result.minutes.toFixed(1)} min: ${result.problems.length} problems`);
  if (result.problems.length > 0)
    say(`Continue with: npm run test:long -- kill --from ${result.killed.at(-1) ?? "NAME"}`);
  return result.problems.length === 0 && length > 0 ? 0 : 1;
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
