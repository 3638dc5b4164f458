import { grok } from "./grok/grok";

const usage = `usage: npm run bench -- grok [DIR] [--json] [--passes N] [--only throughput|hostile]

  grok   lines per second of the pipelines in a folder of files {name, pipeline, tests: [{sample, …}]}, and the longest
         time that a hostile line of up to 1 MB takes under any of their rules. Without DIR, of the project's own pipeline
`;

const benches: Readonly<Record<string, (args: readonly string[]) => void>> = { grok };

const [name = "", ...args] = process.argv.slice(2);
const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
if (bench === undefined || args.includes("--help")) {
  (bench === undefined ? process.stderr : process.stdout).write(usage);
  process.exitCode = bench === undefined ? 2 : 0;
} else {
  try {
    bench(args);
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
