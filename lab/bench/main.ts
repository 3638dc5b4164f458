import { explain, LabError } from "../base/error";
import { isStopping } from "../base/process";
import { failover } from "./failover/failover";
import { grok } from "./grok/grok";
import { growth } from "./growth/growth";
import { up } from "./up/up";

const usage = `usage: npm run bench                          (growth, up and failover, one after another: some hours)
       npm run bench -- grok [DIR] [--json] [--passes N] [--only throughput|hostile]
       npm run bench -- up [--trials N] [--json FILE] [--markdown FILE]
       npm run bench -- up --no-op [--trials N] [--json FILE] [--markdown FILE]
       npm run bench -- up --restore
       npm run bench -- growth [--trials N] [--without preview] [--json FILE] [--markdown FILE]
       npm run bench -- failover [FAULT…] [--trials N] [--profiles NAME,…] [--json FILE] [--markdown FILE]
       npm run bench -- help

  grok   lines per second of the pipelines in a folder of files {name, pipeline, tests: [{sample, …}]}, and the longest
         time that a hostile line of up to 1 MB takes under any of their rules. Without DIR, of the project's own pipeline
  up     seconds of \`pulumi up\` from fresh hosts to the whole stack, and with nothing to change, beside an empty program. In
         the lab (npm run lab), whose hosts are made anew before each build, and once more at the end. N trials (3) take
         about N times five minutes
           --no-op    only with nothing to change, of the stack as it stands; no host is touched
           --restore  after an interrupted run: hosts made anew, and \`pulumi up\`
  growth resources, longest chain of steps and time of the program under Pulumi's mocks, and of \`pulumi preview\`, with 3 to
         7 masters and 2 to 4 load balancers. Needs no lab and touches no host
  failover  how long clients are without an API server, fault by fault, with other people's configurations on the load
         balancers and with our own, in the lab: FAULTs as \`npm run drill -- --help\` lists them, or eight
         that tell. N trials (5); of eight faults each takes about twenty-five minutes. Our own is back at the end

  --json FILE       the measurements; --markdown FILE puts them into a document, as docs/benchmarks.md
  exit code         0; 1 where a goal was missed or something failed, 2 where the arguments are wrong
`;

/** Reads its arguments, and gives what then runs. */
type Bench = (args: readonly string[]) => () => void | Promise<void>;

const benches: Readonly<Record<string, Bench>> = { grok, growth, up, failover };

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
  const run = await failing(2, () => bench(args));
  if (run !== undefined) await failing(1, run);
}

/** Does something; its failure is told, and is the exit code unless there is one already. */
async function failing<T>(code: number, work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    // node:util and grok word wrong arguments by themselves
    const worded = code === 2 && !(error instanceof LabError) ? new LabError((error as Error).message) : error;
    process.stderr.write(`${explain(worded)}\n`);
    process.exitCode ??= code;
    return undefined;
  }
}

void main(process.argv.slice(2));
