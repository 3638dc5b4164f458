import { explain, LabError } from "../base/error";
import { isStopping } from "../base/process";
import { failover } from "./failover/failover";
import { grok } from "./grok/grok";
import { grokVrl } from "./grok/vrl";
import { growth } from "./growth/growth";
import { up } from "./up/up";

const usage = `usage: npm run bench                          (growth, up and failover one after another; takes hours)
       npm run bench -- grok [DIR] [--json] [--passes N] [--only throughput|hostile]
       npm run bench -- grok-vrl [DIR] [--trials N] [--json FILE] [--markdown FILE]
       npm run bench -- up [--trials N] [--json FILE] [--markdown FILE]
       npm run bench -- up --no-op [--trials N] [--json FILE] [--markdown FILE]
       npm run bench -- up --restore
       npm run bench -- growth [--trials N] [--without preview] [--json FILE] [--markdown FILE]
       npm run bench -- failover [FAULT…] [--trials N] [--profiles NAME,…] [--json FILE] [--markdown FILE]
       npm run bench -- help

  grok   lines per second of the pipelines in a folder of files {name, pipeline, tests: [{sample, …}]}, and the longest
         time of a hostile line of up to 1 MB under any of their rules. Without DIR: the project's own pipeline
  grok-vrl  processor time per line against Vector's implementation of Datadog's Grok (the Rust crate vrl), for the project's
         own pipeline and those in DIR. N trials (7). Needs Rust's cargo and a C compiler; builds the crate in .lab/grok-vrl
  up     seconds of \`pulumi up\` from new hosts to the complete stack, and with nothing to change, compared with an empty
         program. In the lab (npm run lab), whose hosts are created again before each build and at the end. N trials (3)
         take about N times five minutes
           --no-op    measures only what changes nothing, on the existing stack: \`pulumi up\`, refresh and status
           --restore  after an interrupted run: creates the hosts again and runs \`pulumi up\`
  growth resources, longest chain of steps and time of the program under Pulumi's mocks, and of \`pulumi preview\`, with 3 to
         7 masters and 2 to 4 load balancers. Needs no lab and changes no host
  failover  how long clients have no API server after each fault, under other configurations of the load balancers and under
         our own, in the lab. FAULTs as in \`npm run drill -- --help\`, or eight that depend on the configuration. N trials
         (5); a trial of eight faults takes about 25 minutes. Restores our own configuration at the end

  --json FILE       writes the measurements; --markdown FILE writes them into a document such as docs/benchmarks.md
  exit code         0; 1 if a goal was missed or something failed, 2 if the arguments are wrong
`;

/** Parses its arguments, and returns the benchmark to run. */
type Bench = (args: readonly string[]) => () => void | Promise<void>;

const benches: Readonly<Record<string, Bench>> = { grok, "grok-vrl": grokVrl, growth, up, failover };

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined) {
    for (const each of ["growth", "up", "failover"]) {
      if (isStopping()) break;
      process.stdout.write(`\n${each}\n\n`);
      await main([each]);
    }
    return;
  }
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined || args.includes("--help")) {
    const asked = bench !== undefined || ["help", "--help", "-h"].includes(name);
    (asked ? process.stdout : process.stderr).write(usage);
    process.exitCode = asked ? 0 : 2;
    return;
  }
  const run = await reportErrors(2, () => bench(args));
  if (run !== undefined) await reportErrors(1, run);
}

/** Runs work. Prints its error and sets the exit code, unless that is already set. */
async function reportErrors<T>(code: number, work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    // errors of node:util and grok about the arguments are not defects of the lab
    const shown = code === 2 && !(error instanceof LabError) ? new LabError((error as Error).message) : error;
    process.stderr.write(`${explain(shown)}\n`);
    process.exitCode ??= code;
    return undefined;
  }
}

void main(process.argv.slice(2));
