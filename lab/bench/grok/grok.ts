import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type Hostile, hostile, type Measured } from "./hostile";
import { readPipelines } from "./rule-sets";
import { type Throughput, throughput } from "./throughput";

/** `bench grok [DIR] [--json] [--passes N] [--only throughput|hostile]` */
export function grok(args: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      passes: { type: "string", default: "15" },
      only: { type: "string" },
    },
  });
  const passes = Number(values.passes);
  if (!Number.isInteger(passes) || passes < 1)
    throw new Error(`--passes ${values.passes}: give a whole number, 1 or more`);
  if (values.only !== undefined && values.only !== "throughput" && values.only !== "hostile")
    throw new Error(`--only ${values.only}: give throughput or hostile`);
  if (positionals.length > 1) throw new Error(`one folder at a time: ${positionals.join(" ")}`);
  const files = readPipelines(positionals[0]);
  const fast = values.only === "hostile" ? undefined : throughput(files, passes);
  const slow = values.only === "throughput" ? undefined : hostile(files, progress);
  const result = { node: process.version, processor: cpus()[0]?.model, throughput: fast, hostile: slow };
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : text(result.processor ?? "unknown", fast, slow));
}

function progress(done: number, of: number): void {
  if (process.stderr.isTTY || done % 50 === 0)
    process.stderr.write(
      `${process.stderr.isTTY ? "\r" : ""}hostile lines: rule ${done} of ${of}${process.stderr.isTTY && done < of ? "" : "\n"}`,
    );
}

function text(processor: string, fast: Throughput | undefined, slow: Hostile | undefined): string {
  const lines = [`Node.js ${process.version}, ${processor}, one core`];
  if (fast !== undefined) {
    const { linesPerSecond: rate, slowestPipeline, slowestRule } = fast;
    lines.push(
      "",
      `${fast.lines} lines of ${fast.pipelines} pipelines, ${fast.passes} passes after warm-up`,
      `  lines a second   ${whole(rate.median)} (median; ${whole(rate.least)} to ${whole(rate.most)}), ${fast.megabytesPerSecond.toFixed(1)} MB/s`,
      `  slowest pipeline ${slowestPipeline.name}: ${slowestPipeline.microsecondsPerLine.toFixed(0)} µs a line`,
      `  slowest rule     ${slowestRule.rule} of ${slowestRule.pipeline}: ${slowestRule.microsecondsPerLine.toFixed(0)} µs a line`,
    );
  }
  if (slow !== undefined) {
    lines.push(
      "",
      `hostile lines: ${slow.rules} rules, ${whole(slow.tried)} lines tried, the ${whole(slow.triedInFull)} slowest up to 1 MB`,
      ...measured("longest ", slow.longest),
      ...(slow.steepest === undefined ? [] : measured("steepest", slow.steepest)),
      `  growth   ${slow.linear ? "linear: no time grew by clearly more than the line did" : "NOT linear"}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function measured(what: string, { pipeline, rule, kind, bytes, milliseconds, quarterMilliseconds, ratio }: Measured) {
  return [
    `  ${what} ${milliseconds.toFixed(0)} ms, rule ${rule} of ${pipeline}, ${whole(bytes)} bytes: ${kind}`,
    `           ${quarterMilliseconds.toFixed(0)} ms at a quarter of it: ${ratio.toFixed(1)} times (4 is linear)`,
  ];
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
