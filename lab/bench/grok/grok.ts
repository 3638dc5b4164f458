import { parseArgs } from "node:util";
import { LabError } from "../../base/error";
import { parseTrials } from "../../base/trials";
import { machine } from "../results";
import { hostile, type Measured } from "./hostile";
import { readPipelines } from "./rule-sets";
import { throughput } from "./throughput";

/** `bench grok [DIR] [--json] [--passes N] [--only throughput|hostile]` */
export function grok(args: readonly string[]): () => void {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: "boolean" }, passes: { type: "string", default: "15" }, only: { type: "string" } },
  });
  const { only, json = false } = values;
  const passes = parseTrials(values.passes, "--passes");
  if (only !== undefined && only !== "throughput" && only !== "hostile") {
    throw new LabError(`--only ${only}: use throughput or hostile`);
  }
  if (positionals.length > 1) throw new LabError(`more than one folder is given: ${positionals.join(" ")}`);
  const files = readPipelines(positionals[0]);
  return () => {
    const fast = only === "hostile" ? undefined : throughput(files, passes);
    const slow = only === "throughput" ? undefined : hostile(files, tell);
    const { node, processor } = machine();
    const head = `Node.js ${node}, ${processor}, one core`;
    process.stdout.write(
      json
        ? `${JSON.stringify({ node, processor, throughput: fast, hostile: slow })}\n`
        : `${[head, ...(fast ? ["", ...fastText(fast)] : []), ...(slow ? ["", ...slowText(slow)] : [])].join("\n")}\n`,
    );
  };
}

function tell(done: number, of: number): void {
  const what = `hostile lines: rule ${done} of ${of}`;
  if (process.stderr.isTTY) process.stderr.write(`\r${what}${done < of ? "" : "\n"}`);
  else if (done % 50 === 0) process.stderr.write(`${what}\n`);
}

function fastText(seen: ReturnType<typeof throughput>): string[] {
  const { lines, pipelines, passes, linesPerSecond: rate, megabytesPerSecond, slowestPipeline, slowestRule } = seen;
  return [
    `${lines} lines of ${pipelines} pipelines, ${passes} passes after warm-up`,
    `  lines a second   ${rounded(rate.median)} (median; ${rounded(rate.least)} to ${rounded(rate.most)}), ${megabytesPerSecond.toFixed(1)} MB/s`,
    `  slowest pipeline ${slowestPipeline.name}: ${slowestPipeline.microsecondsPerLine.toFixed(0)} µs a line`,
    `  slowest rule     ${slowestRule.rule} of ${slowestRule.pipeline}: ${slowestRule.microsecondsPerLine.toFixed(0)} µs a line`,
  ];
}

function slowText(seen: ReturnType<typeof hostile>): string[] {
  const { rules, tried, triedInFull, slowest, steepest, linear } = seen;
  return [
    `hostile lines: ${rules} rules, ${rounded(tried)} lines tried, the ${rounded(triedInFull)} slowest up to 1 MB`,
    ...slowest.flatMap((one) => lineText("slow    ", one)),
    ...(steepest === undefined ? [] : lineText("steepest", steepest)),
    `  growth   ${linear ? "linear: no time grew clearly more than the length of the line" : "NOT linear"}`,
  ];
}

function lineText(what: string, { pipeline, rule, kind, bytes, milliseconds, quarterMilliseconds, ratio }: Measured) {
  return [
    `  ${what} ${milliseconds.toFixed(0)} ms, rule ${rule} of ${pipeline}, ${rounded(bytes)} bytes: ${kind}`,
    `           ${quarterMilliseconds.toFixed(0)} ms at a quarter of it: ${ratio.toFixed(1)} times (4 is linear)`,
  ];
}

const rounded = (value: number) => Math.round(value).toLocaleString("en-US");
