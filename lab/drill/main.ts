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

Injects faults into the running lab, or makes changes, one after another, and measures the effect on clients.
  NAME        a drill, or a group of drills: "faults" or "changes" (faults)
  --trials N  how often each drill runs (1)
  --json FILE writes all observations
  --html FILE writes a report with a timeline of each drill
  exit code   0; 1 if the lab did not reach the steady state, an acknowledged write is lost, a request by the name failed on a node,
              new connections failed for longer than the fault's bound, or the virtual IP moved without a reason

faults:
${listed(faults)}
changes:
${listed(changes)}
`;

function listed(drills: readonly Fault[]): string {
  const only = ({ onlyNamed }: Fault) => (onlyNamed === true ? " (runs only if named)" : "");
  return drills.map((drill) => `  ${drill.name.padEnd(18)} ${drill.title}${only(drill)}`).join("\n");
}

/** Replaces the last line on a terminal. */
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

/** Runs the drills one after another; returns the exit code. */
async function drill(
  environment: Environment,
  chosen: readonly Fault[],
  trials: number,
  files: { readonly json?: string; readonly html?: string },
): Promise<number> {
  const seen: Trial[] = [];
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const failed: string[] = [];
  let steady = true;
  for (let number = 1; number <= trials; number++) {
    for (const fault of chosen) {
      if (isStopping() || !steady) break;
      const title = `${fault.name} ${number}/${trials}`;
      try {
        const run = `${fault.name}-${number}-${Date.now().toString(36)}`;
        const one = await trial(environment, fault, run, (what) => overwrite(`${title}: ${what}`));
        overwrite("");
        seen.push(one);
        say(`${title}: ${lineOf(one)}`);
        const found = violations(fault, one);
        for (const what of found) say(`${title}: error: ${what}`);
        if (found.length > 0) failed.push(title);
      } catch (error) {
        failed.push(title);
        if (!isStopping()) say(`${title}: ${explain(error)}`);
        steady = !(error instanceof NotSteady);
      }
      if (files.json !== undefined) writeFileSync(files.json, JSON.stringify(seen));
      if (files.html !== undefined) writeFileSync(files.html, htmlReport(seen));
    }
  }
  if (seen.length > 0) process.stdout.write(`${tableOf(seen)}\n`);
  if (failed.length > 0) say(`failed: ${failed.join(", ")}${steady ? "" : "; the remaining drills did not run"}`);
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

stopOnSignals(() =>
  process.stderr.write("interrupted: recovering the lab first; press Ctrl-C again to exit at once\n"),
);

main().then(
  (code) => (process.exitCode ??= code),
  (error: unknown) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode ??= 1;
  },
);
