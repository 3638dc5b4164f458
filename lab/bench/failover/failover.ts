import { parseArgs } from "node:util";
import { drillsNamed } from "../../drill/faults";
import { Hosts } from "../../drill/hosts";
import { lineOf } from "../../drill/report/table";
import { type Environment, discover, trial } from "../../drill/trial";
import { explain, LabError } from "../../base/error";
import { placeOf } from "../../base/place";
import { stopOnSignals, isStopping, pause, cleanUp } from "../../base/process";
import { parseTrials } from "../../base/trials";
import { withLabLock } from "../../base/lock";
import { openLab } from "../../commands/up";
import type { Lab } from "../../verify/finding";
import { commonOptions, publish, writeJson } from "../results";
import { asMarkdown, comparison, type Measurement } from "./comparison";
import { install, ours, type Profile, profiles } from "./profiles";

/** What the load balancers' configuration decides about. */
const telling = [
  "haproxy-killed",
  "haproxy-hung",
  "holder-killed",
  "holder-cut",
  "fail-back",
  "apiserver-killed",
  "master-killed",
  "master-cut",
];

/** Seconds from the fault to its cure under other people's profiles: enough for the slowest of them to notice. */
const patience = (fault: string) => (fault === "haproxy-hung" ? 40 : 15);

/** Seconds until a profile that was installed has settled. */
const settling = 6;

export function readOptions(args: readonly string[]) {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...commonOptions, profiles: { type: "string" } },
  });
  const named = values.profiles?.split(",").map((name) => {
    const profile = profiles.find((one) => one.name === name);
    if (profile === undefined) {
      throw new LabError(`there is no profile ${name}`, `Choose from ${profiles.map((one) => one.name).join(", ")}.`);
    }
    return profile;
  });
  return {
    ...values,
    profiles: named ?? profiles,
    faults: drillsNamed(positionals.length > 0 ? positionals : telling),
    trials: parseTrials(values.trials ?? "5"),
  };
}

type Options = ReturnType<typeof readOptions>;

/** `bench failover [FAULT…] [--trials N] [--profiles NAME,…] [--json FILE] [--markdown FILE]` */
export function failover(args: readonly string[]): () => Promise<void> {
  const options = readOptions(args);
  return () => withLabLock(placeOf(), () => compare(options));
}

/**
 * The same faults under each profile, in the same lab, turn and turn about: what one run of the machine does to one of
 * them it does to all. The program's own configuration is back at the end, whatever happens.
 */
async function compare(options: Options): Promise<void> {
  stopOnSignals(() =>
    process.stderr.write("interrupted: what was broken is mended, and our own configuration comes back first\n"),
  );
  const lab = openLab(placeOf());
  const seen: Measurement[] = [];
  const hosts = new Hosts(lab.place);
  try {
    for (let number = 1; number <= options.trials; number++) {
      for (const profile of options.profiles) {
        if (isStopping()) break;
        await install(profile, lab.stack, hosts);
        await pause(settling);
        await underOne(profile, number, lab, options, seen);
      }
    }
  } finally {
    // what was measured is not lost where this fails
    await cleanUp(() => install(ours, lab.stack, hosts)).finally(() => {
      if (seen.length === 0) return;
      const table = comparison(seen, options.profiles);
      publish(options, "failover", [table], (on) => asMarkdown(seen, options.profiles, on));
    });
  }
}

/** Every fault once, under the profile that is installed; adds what was seen. */
async function underOne(profile: Profile, number: number, lab: Lab, options: Options, seen: Measurement[]) {
  let environment: Environment | undefined;
  for (const fault of options.faults) {
    if (isStopping()) break;
    const title = `${profile.name}, ${fault.name} ${number}/${options.trials}`;
    try {
      environment ??= await discover(lab, profile.stays);
      const run = `${profile.name}-${fault.name}-${number}-${Date.now().toString(36)}`;
      const waits = profile !== ours && fault.recover !== undefined;
      const drill = waits ? { ...fault, seconds: patience(fault.name) } : fault;
      const one = await trial(environment, drill, run, () => undefined);
      // what was measured of them is kept; all that was seen would be hundreds of megabytes
      seen.push({ profile: profile.name, trial: { ...one, events: [] } });
      writeJson(options, seen);
      process.stderr.write(`${title}: ${lineOf(one)}\n`);
    } catch (error) {
      process.exitCode ??= 1;
      if (!isStopping()) process.stderr.write(`${title}: ${explain(error)}\n`);
    }
  }
}
