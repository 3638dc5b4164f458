import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { caret } from "./furthest";
import { compileParser, type Parser } from "./parser";
import type { GrokParserDefinition, PipelineDefinition } from "./pipeline/definition";
import { ProcessorError, runPipeline } from "./pipeline/run";
import { readPipeline } from "./pipeline/file";
import { RuleError } from "./rules";

const USAGE = `Usage: grok parse --pipeline FILE [--service NAME] [--now TIME]

  parse   reads log lines from stdin and writes what the pipeline makes of each, one JSON object a line;
          for a line that no rule matches, stderr shows where matching stopped, and the exit code is 1

  --pipeline FILE   pipeline as JSON, as Datadog's API shows it
  --service NAME    service of the lines (default: what the pipeline's filter asks for)
  --now TIME        ISO time from which dates without a year are understood (default: the clock)
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      pipeline: { type: "string" },
      service: { type: "string" },
      now: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (positionals[0] !== "parse" || positionals.length > 1 || values.pipeline === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const fixed = values.now === undefined ? undefined : Date.parse(values.now);
  if (Number.isNaN(fixed)) throw new Error(`--now ${values.now}: no time; give one such as 2026-06-10T13:58:06Z`);
  const pipeline = readPipeline(JSON.parse(readFileSync(values.pipeline, "utf8")));
  return parse(pipeline, values.service ?? serviceOf(pipeline), () => fixed ?? Date.now());
}

async function parse(pipeline: PipelineDefinition, service: string | undefined, now: () => number): Promise<number> {
  const parser = firstParser(pipeline);
  let unmatched = 0;
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    if (line.trim() === "") continue;
    const options = { now: now() };
    const { log, applied } = runPipeline(pipeline, { message: line, service }, options);
    const { attributes, message, ...rest } = log;
    process.stdout.write(`${JSON.stringify({ ...rest, attributes, message })}\n`);
    const result = applied ? parser?.parse(line, options) : undefined;
    if (result === undefined || result.matched) continue;
    unmatched++;
    process.stderr.write(`${caret(line, result.furthest)}\n`);
  }
  return unmatched > 0 ? 1 : 0;
}

/** The first Grok parser of the message, whose misses are worth explaining. */
function firstParser({ processors }: PipelineDefinition): Parser | undefined {
  const first = processors.find(
    (each): each is GrokParserDefinition => each.type === "grok-parser" && each.source === "message",
  );
  return first && compileParser({ matchRules: first.grok.match_rules, supportRules: first.grok.support_rules });
}

function serviceOf({ filter }: PipelineDefinition): string | undefined {
  return /(?:^|[\s(])service:([^\s()*?"]+)/.exec(filter?.query ?? "")?.[1];
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const plain = error instanceof RuleError || error instanceof ProcessorError || !(error instanceof TypeError);
    process.stderr.write(`${error instanceof Error ? (plain ? error.message : error.stack) : String(error)}\n`);
    process.exitCode = 2;
  },
);
