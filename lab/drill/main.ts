import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { explain, LabError } from "../base/error";
import { placeOf } from "../base/place";
import { stopOnSignals, isStopping } from "../base/process";
import { parseTrials } from "../base/trials";
import { withLabLock } from "../base/lock";
import { openLab } from "../commands/up";
import { changes, drillsNamed, type Fault, faults } from "./faults";
import { htmlReport } from "./report/html";
import { lineOf, tableOf } from "./report/table";
import { type Environment, discover, trial, type Trial } from "./trial";
import { violations } from "./violations";
import { NotSteady } from "./steady-state";

const usage = `usage: npm run drill -- [NAME…] [--trials N] [--json FILE] [--html FILE]

Breaks things in the running lab, or changes them, one after another, and measures what clients see of it.
  NAME        which drills; "faults" and "changes" are all of a kind (faults)
  --trials N  how often each (1)
  --json FILE all that was seen
  --html FILE a report with a timeline of each drill
  exit code   0; 1 where the lab did not become whole, an acknowledged write is gone, a request by the name failed on a node, new
              connections failed for longer than the fault's bound, or the virtual IP moved without a reason

faults:
${listed(faults)}
changes:
${listed(changes)}
`;

function listed(drills: readonly Fault[]): string {
  const only = ({ onlyNamed }: Fault) => (onlyNamed === true ? " (only by its name)" : "");
  return drills.map((drill) => `  ${drill.name.padEnd(18)} ${drill.title}${only(drill)}`).join("\n");
}

/** Replaces the last line of a terminal. */
function overwrite(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}

async function main(): Promise<number> {
  const { positionals, values } = options();
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const chosen = drillsNamed(positionals);
  const trials = parseTrials(values.trials ?? "1");
  const place = placeOf();
  return withLabLock(place, async () => drill(await discover(openLab(place)), chosen, trials, values));
}

/** Runs the drills one after another; gives the exit code. */
async function drill(
  environment: Environment,
  chosen: readonly Fault[],
  trials: number,
  files: { readonly json?: string; readonly html?: string },
): Promise<number> {
  const seen: Trial[] = [];
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const failed: string[] = [];
  let whole = true;
  for (let number = 1; number <= trials; number++) {
    for (const fault of chosen) {
      if (isStopping() || !whole) break;
      const title = `${fault.name} ${number}/${trials}`;
      try {
        const run = `${fault.name}-${number}-${Date.now().toString(36)}`;
        const one = await trial(environment, fault, run, (what) => overwrite(`${title}: ${what}`));
        overwrite("");
        seen.push(one);
        say(`${title}: ${lineOf(one)}`);
        const broken = violations(fault, one);
        for (const what of broken) say(`${title}: error: ${what}`);
        if (broken.length > 0) failed.push(title);
      } catch (error) {
        failed.push(title);
        if (!isStopping()) say(`${title}: ${explain(error)}`);
        whole = !(error instanceof NotSteady);
      }
      if (files.json !== undefined) writeFileSync(files.json, JSON.stringify(seen));
      if (files.html !== undefined) writeFileSync(files.html, htmlReport(seen));
    }
  }
  if (seen.length > 0) process.stdout.write(`${tableOf(seen)}\n`);
  if (failed.length > 0) say(`failed: ${failed.join(", ")}${whole ? "" : "; the others were not tried"}`);
  return failed.length === 0 ? 0 : 1;
}

function options() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        trials: { type: "string" },
        json: { type: "string" },
        html: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new LabError((error as Error).message, usage);
  }
}

stopOnSignals(() => process.stderr.write("interrupted: what was broken is mended first; once more ends it at once\n"));

main().then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode ??= 1;
  },
);
