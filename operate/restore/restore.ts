import { resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { resetNode } from "../../host/clean-up";
import { UsageError } from "../arguments";
import { programFolder, readConfiguration } from "../configuration";
import { shown } from "../facts";
import { type HostPlan, planOf } from "../plan";
import { chooseStack, type Surroundings } from "../stack";
import { checkedArchive, decrypted } from "./archive";
import { type RestoreOptions, readRestoreOptions, type Source, usage } from "./arguments";
import { clusterOf, type Outcome, type Site, surveyMasters, workOn } from "./masters";
import { lossesFromArchive, lossesFromSurvivor, type Steps, stepsFromArchive, stepsFromSurvivor } from "./plan";

/** The exit code of each end of a restore. */
const restoreCodes = { done: 0, failed: 1, refused: 2, unconfirmed: 3 } as const;

type End = keyof typeof restoreCodes;

const tell = (text: string) => process.stdout.write(`${text}\n`);

/** Prepares the masters of a stack whose cluster is lost, so that `pulumi up` makes it again. Returns the exit code. */
export async function restore(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    const options = readRestoreOptions(args);
    if (options.source === undefined) {
      tell(usage);
      return 0;
    }
    const source = absolute(options.source, surroundings.cwd);
    const stack = chooseStack(surroundings, options.stack);
    // relative paths in the configuration start in this folder
    process.chdir(programFolder(stack));
    const { values } = readConfiguration(stack);
    const { podSubnet, encryptionAtRest } = values.kubernetes;
    const site = { plan: planOf(stack.name, values), podSubnet };
    const end =
      source.kind === "archive"
        ? await fromArchive(site, encryptionAtRest, source, options)
        : await fromSurvivor(site, source.survivor, options);
    return restoreCodes[end];
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${error instanceof UsageError ? `${usage}\n` : ""}`);
    return restoreCodes.refused;
  }
}

/** The files of the command line are relative to the folder of the command. */
function absolute(source: Source, cwd: string): Source {
  if (source.kind === "survivor") return source;
  return { ...source, archive: resolve(cwd, source.archive), identity: resolve(cwd, source.identity) };
}

async function fromArchive(
  site: Site,
  encryptionAtRest: boolean,
  { archive, identity }: Extract<Source, { kind: "archive" }>,
  options: RestoreOptions,
): Promise<End> {
  const { plan } = site;
  const expected = { cluster: clusterOf(plan), kubernetes: plan.kubernetes, encryptionAtRest };
  const about = await checkedArchive(archive, await decrypted(archive, identity), expected);
  const steps = stepsFromArchive(await surveyMasters(site), about);
  tell(lossesFromArchive(steps, about, archive));
  if (!(await isConfirmed(plan.fqdn, options.confirm))) return "unconfirmed";
  const first = steps.first.host;
  const input = await decrypted(archive, identity);
  if (!report(await workOn(site, first, "restore_master", about.time, input))) return failed(first);
  if (!(await resetOthers(site, steps))) return "failed";
  tell(
    `\n${first.name} has the files of the backup. Now run: pulumi up --refresh\n` +
      `It installs what is missing, makes the cluster on ${first.name}, and joins the other masters. Workers and pods of the ` +
      "snapshot come back by themselves.",
  );
  return "done";
}

async function fromSurvivor(site: Site, name: string, options: RestoreOptions): Promise<End> {
  const steps = stepsFromSurvivor(await surveyMasters(site), name);
  tell(lossesFromSurvivor(steps));
  if (!(await isConfirmed(site.plan.fqdn, options.confirm))) return "unconfirmed";
  const { host } = steps.first;
  if (!report(await workOn(site, host, "survive"))) return failed(host);
  if (!(await resetOthers(site, steps))) return "failed";
  const [listed] = site.plan.hosts.filter(({ role }) => role === "master");
  const order = listed?.name === name ? "" : `list ${name} first in kube-control:masters, then `;
  tell(`\n${name} serves the cluster alone. Now ${order}run: pulumi up --refresh\nIt joins the other masters again.`);
  return "done";
}

/** Resets the other masters at the same time. Returns whether all were reset. */
async function resetOthers(site: Site, { reset }: Steps): Promise<boolean> {
  const outcomes = await Promise.all(reset.map((host) => workOn(site, host, "reset_master")));
  const failures = outcomes.filter((outcome) => !report(outcome));
  if (failures.length === 0) return true;
  tell(`\nBefore pulumi up, run on ${failures.map(({ host }) => host.name).join(" and ")}: ${resetNode}`);
  return false;
}

function failed({ name }: HostPlan): End {
  tell(`\n${name} failed, and no other master was changed. Repair what is named, and run the same command again.`);
  return "failed";
}

/** Prints what was done on a master. Returns whether it succeeded. */
function report({ host, ok, said }: Outcome): boolean {
  const lines = (said === "" ? "done" : said).split("\n").map((line) => shown(line, 400));
  tell(lines.map((line) => `${host.name}: ${ok ? "" : "failed: "}${line}`).join("\n"));
  return ok;
}

/** Whether the user typed the control plane's name. */
async function isConfirmed(fqdn: string, given: string | undefined): Promise<boolean> {
  const answer = given ?? (await asked(`Type ${fqdn} to do this: `));
  if (answer === fqdn) return true;
  tell(
    answer === undefined
      ? `Nothing was changed: there is no terminal. To do this, pass --confirm ${fqdn}.`
      : `Nothing was changed: ${shown(answer)} is not ${fqdn}.`,
  );
  return false;
}

async function asked(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
