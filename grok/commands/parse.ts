import { parseArgs } from "node:util";
import { jsonText } from "../attributes";
import { caret } from "../furthest";
import type { Parser } from "../parser";
import type { GrokParser, Pipeline } from "../pipeline/definition";
import { parserOf } from "../pipeline/grok-parser";
import { compilePipeline } from "../pipeline/run";
import {
  type Command,
  FAILED,
  inFile,
  linesIn,
  OK,
  originOf,
  originOptions,
  pipelineIn,
  timeOf,
  UsageError,
  whyUnused,
} from "./command";

export const parse: Command = {
  usage: `grok parse --pipeline FILE [--service NAME] [--source NAME] [--now TIME]

Reads log lines from standard input, runs them through the pipeline and writes each log as one line of JSON. If no rule of the
first parser matches a line, standard error shows where matching stopped, and the exit code is 1.

  --pipeline FILE   pipeline as JSON or YAML, as Datadog's API shows it, or a file with a pipeline and tests
  --service NAME    service of the lines (default: the service in the pipeline's filter)
  --source NAME     source of the lines (default: the source in the pipeline's filter)
  --now TIME        current time in ISO 8601, to complete dates without a year (default: the system clock)
`,
  async run(args, { input, out, err }) {
    const { values } = parseArgs({
      args,
      options: { pipeline: { type: "string" }, ...originOptions, now: { type: "string" } },
    });
    if (values.pipeline === undefined) throw new UsageError("--pipeline FILE is missing");
    const now = timeOf(values.now);
    const file = values.pipeline;
    const pipeline = pipelineIn(file);
    const origin = originOf(values, pipeline);
    const run = inFile(file, () => compilePipeline(pipeline));
    const parser = inFile(file, () => firstParser(pipeline));
    let lines = 0;
    let used = 0;
    let unmatched = 0;
    for await (const line of linesIn(input)) {
      const options = { now: now ?? Date.now() };
      const { log, applied } = run({ message: line, ...origin }, options);
      lines++;
      if (applied) used++;
      const { attributes, message, ...rest } = log;
      out(`${jsonText({ ...rest, attributes, message })}\n`);
      const result = applied ? parser?.parse(line, options) : undefined;
      if (result === undefined || result.matched) continue;
      unmatched++;
      err(`${caret(line, result.furthest)}\n`);
    }
    if (lines > 0 && used === 0) err(whyUnused(pipeline));
    return unmatched > 0 ? FAILED : OK;
  },
};

/** The first Grok parser that reads the message: if it does not match a line, the output explains why. */
function firstParser({ processors }: Pipeline): Parser | undefined {
  const first = processors.find((each): each is GrokParser => each.type === "grok-parser" && each.source === "message");
  return first && parserOf(first);
}
