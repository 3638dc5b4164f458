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

/** Faults whose effect depends on the load balancers' configuration. */
const defaultFaults = [
  "haproxy-killed",
  "haproxy-hung",
  "holder-killed",
  "holder-cut",
  "fail-back",
  "apiserver-killed",
  "master-killed",
  "master-cut",
];

/** Seconds from the fault to its recovery under other profiles: enough for the slowest of them to notice. */
const secondsToRecovery = (fault: string) => (fault === "haproxy-hung" ? 40 : 15);

/** Seconds to wait after the installation of a profile. */
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
      throw new LabError(
        `there is no profile ${name}`,
        `The profiles are ${profiles.map((one) => one.name).join(", ")}.`,
      );
    }
    return profile;
  });
  return {
    ...values,
    profiles: named ?? profiles,
    faults: drillsNamed(positionals.length > 0 ? positionals : defaultFaults),
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
 * Runs the same faults under each profile in the same lab. The profiles alternate, so that changes of the machine affect all of
 * them. Restores the program's own configuration at the end, also after an error.
 */
async function compare(options: Options): Promise<void> {
  stopOnSignals(() =>
    process.stderr.write("interrupted: recovering the lab and restoring our own configuration first\n"),
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
        await runFaults(profile, number, lab, options, seen);
      }
    }
  } finally {
    // publish the measurements even if the restoration fails
    await cleanUp(() => install(ours, lab.stack, hosts)).finally(() => {
      if (seen.length === 0) return;
      const table = comparison(seen, options.profiles);
      publish(options, "failover", [table], (on) => asMarkdown(seen, options.profiles, on));
    });
  }
}

/** Runs every fault once under the installed profile, and adds the measurements. */
async function runFaults(profile: Profile, number: number, lab: Lab, options: Options, seen: Measurement[]) {
  let environment: Environment | undefined;
  for (const fault of options.faults) {
    if (isStopping()) break;
    const title = `${profile.name}, ${fault.name} ${number}/${options.trials}`;
    try {
      environment ??= await discover(lab, profile.stays);
      const run = `${profile.name}-${fault.name}-${number}-${Date.now().toString(36)}`;
      const waits = profile !== ours && fault.recover !== undefined;
      const drill = waits ? { ...fault, seconds: secondsToRecovery(fault.name) } : fault;
      const one = await trial(environment, drill, run, () => undefined);
      // without the events, which would be hundreds of megabytes
      seen.push({ profile: profile.name, trial: { ...one, events: [] } });
      writeJson(options, seen);
      process.stderr.write(`${title}: ${lineOf(one)}\n`);
    } catch (error) {
      process.exitCode ??= 1;
      if (!isStopping()) process.stderr.write(`${title}: ${explain(error)}\n`);
    }
  }
}
