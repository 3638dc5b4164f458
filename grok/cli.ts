import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { jsonText } from "./attributes";
import { checkFile, describe, filesOf, FIXTURE_CLOCK, type Outcome, PathError } from "./check";
import { caret } from "./furthest";
import { compileParser, type Parser } from "./parser";
import type { GrokParser, Pipeline } from "./pipeline/definition";
import { ProcessorError, runPipeline } from "./pipeline/run";
import { PipelineFileError, readPipeline, readStructure } from "./pipeline/file";
import { withDefaults } from "./pipeline/shape";
import { RuleError } from "./rules";

const USAGE = `Usage: grok parse --pipeline FILE [--service NAME] [--now TIME]
       grok check DIR_OR_FILE… [--json] [--now TIME]

  parse   reads log lines from stdin, runs them through the pipeline and writes each log as one line of JSON;
          if no rule matches a line, stderr shows where matching stopped, and the exit code is 1
  check   runs the samples of files {name, pipeline, tests: [{sample, result, service?, tags?}]} and compares each
          log with the expected result; prints the differences, and then "N passed, N failed"

  --pipeline FILE   pipeline as JSON or YAML, as Datadog's API shows it
  --service NAME    service of the lines (default: the service in the pipeline's filter)
  --json            print one JSON object per sample
  --now TIME        current time in ISO 8601, to complete dates without a year
                    (default: parse, the system clock; check, 1970-12-31T12:00Z, as in Datadog's own tests)
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pipeline: { type: "string" },
      service: { type: "string" },
      json: { type: "boolean", default: false },
      now: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const [command, ...paths] = positionals;
  const fixed = values.now === undefined ? undefined : Date.parse(values.now);
  if (Number.isNaN(fixed))
    throw new Error(`--now ${values.now} is not a time: use ISO 8601, for example 2026-06-10T13:58:06Z`);
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === "parse" && paths.length === 0 && values.pipeline !== undefined) {
    const pipeline = pipelineIn(values.pipeline);
    return parse(pipeline, values.service ?? serviceOf(pipeline), () => fixed ?? Date.now());
  }
  if (command === "check" && paths.length > 0) return check(paths, fixed ?? FIXTURE_CLOCK, values.json);
  process.stderr.write(USAGE);
  return 2;
}

/** @throws Error that names the file, if it is not a pipeline */
function pipelineIn(path: string): Pipeline {
  try {
    return withDefaults(readPipeline(readStructure(path)));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${path}${error instanceof PipelineFileError ? " " : ": "}${message}`, { cause: error });
  }
}

function check(paths: readonly string[], now: number, json: boolean): number {
  let passed = 0;
  let failed = 0;
  const show = (outcome: Outcome) => {
    const good = outcome.error === undefined && outcome.differences.length === 0;
    if (good) passed++;
    else failed++;
    if (json) process.stdout.write(`${jsonText({ ...outcome, passed: good })}\n`);
    // The error of a file is that of all its samples.
    else if (!good && (outcome.error === undefined || outcome.number === 1))
      process.stdout.write(`${describe(outcome)}\n`);
  };
  for (const path of paths) {
    try {
      for (const file of filesOf([path])) checkFile(file, now).forEach(show);
    } catch (error) {
      if (!(error instanceof PathError)) throw error;
      failed++;
      process.stderr.write(`error: ${error.message}\n`);
    }
  }
  process.stdout.write(json ? `${JSON.stringify({ passed, failed })}\n` : `${passed} passed, ${failed} failed\n`);
  return failed > 0 ? 1 : 0;
}

async function parse(pipeline: Pipeline, service: string | undefined, now: () => number): Promise<number> {
  const parser = firstParser(pipeline);
  let unmatched = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const options = { now: now() };
    const { log, applied } = runPipeline(pipeline, { message: line, service }, options);
    const { attributes, message, ...rest } = log;
    process.stdout.write(`${jsonText({ ...rest, attributes, message })}\n`);
    const result = applied ? parser?.parse(line, options) : undefined;
    if (result === undefined || result.matched) continue;
    unmatched++;
    process.stderr.write(`${caret(line, result.furthest)}\n`);
  }
  return unmatched > 0 ? 1 : 0;
}

/** The first Grok parser that reads the message: if it does not match a line, the output explains why. */
function firstParser({ processors }: Pipeline): Parser | undefined {
  const first = processors.find((each): each is GrokParser => each.type === "grok-parser" && each.source === "message");
  return first && compileParser({ matchRules: first.grok.match_rules, supportRules: first.grok.support_rules });
}

function serviceOf({ filter }: Pipeline): string | undefined {
  return /(?:^|[\s(])service:([^\s()*?"]+)/.exec(filter.query)?.[1];
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const plain = error instanceof RuleError || error instanceof ProcessorError || !(error instanceof TypeError);
    process.stderr.write(`${error instanceof Error ? (plain ? error.message : error.stack) : String(error)}\n`);
    process.exitCode = 2;
  },
);
