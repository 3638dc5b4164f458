import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { faultsNamed } from "../../drill/faults";
import { Hosts } from "../../drill/hosts";
import { lineOf } from "../../drill/report/table";
import { survey, trial, type Trial } from "../../drill/trial";
import { explain, LabError } from "../../lab/cli/error";
import { placeOf } from "../../lab/cli/place";
import { openLab } from "../../lab/cli/up";
import { comparison } from "./comparison";
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

/** The slowest of the profiles takes 30 s to notice a HAProxy that is gone. */
const longest = 40;

export interface Measurement {
  readonly profile: string;
  readonly trial: Trial;
}

/**
 * The same faults under each profile, in the same lab, turn and turn about: what one run of the machine does to one of
 * them it does to all. The program's own configuration is back at the end, whatever happens.
 */
export async function failover(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      trials: { type: "string", default: "3" },
      profiles: { type: "string" },
      json: { type: "string" },
      markdown: { type: "string" },
    },
  });
  const chosen = profilesNamed(values.profiles);
  const faults = faultsNamed(positionals.length > 0 ? positionals : telling);
  const lab = openLab(placeOf());
  const hosts = new Hosts(lab.place);
  const seen: Measurement[] = [];
  try {
    for (let number = 1; number <= Number(values.trials); number++) {
      for (const profile of chosen) {
        await install(profile, lab.stack, hosts);
        await new Promise((resolve) => setTimeout(resolve, 6000));
        const ground = await survey(lab, profile.stays);
        for (const fault of faults) {
          const title = `${profile.name}, ${fault.name} ${number}/${values.trials}`;
          try {
            const run = `${profile.name}-${fault.name}-${number}-${Date.now().toString(36)}`;
            const slow = profile !== ours && fault.cure !== undefined ? { ...fault, seconds: longest } : fault;
            const one = await trial(ground, slow, run, () => undefined);
            seen.push({ profile: profile.name, trial: { ...one, events: [] } });
            process.stderr.write(`${title}: ${lineOf(one)}\n`);
          } catch (error) {
            process.stderr.write(`${title}: ${explain(error)}\n`);
          }
          if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(seen));
        }
      }
    }
  } finally {
    await install(ours, lab.stack, hosts);
  }
  const table = comparison(
    seen,
    chosen.map(({ name }) => name),
    ours.name,
  );
  process.stdout.write(`${table}\n`);
  if (values.markdown !== undefined) writeFileSync(values.markdown, `${table}\n`);
}

function profilesNamed(names: string | undefined): readonly Profile[] {
  if (names === undefined) return profiles;
  return names.split(",").map((name) => {
    const profile = profiles.find((one) => one.name === name);
    if (profile === undefined) {
      throw new LabError(`there is no profile ${name}`, `There are ${profiles.map((one) => one.name).join(", ")}.`);
    }
    return profile;
  });
}
