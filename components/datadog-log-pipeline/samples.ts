import { isDeepStrictEqual } from "node:util";
import { caret, compilePipeline, type PipelineDefinition } from "../../grok";
import { get } from "../../grok/attributes";
import { checker, type Difference } from "../../grok/check";
import { LONGEST_SAMPLE } from "../../grok/pipeline/definition";
import type { Parsed } from "../../grok/pipeline/run";
import { checkAttributes } from "./attributes";
import { type Finding, indent, refuse } from "./findings";
import { checkLimits } from "./limits";
import { type LogPipeline, type LogSample, placeOf } from "./log-pipeline";
import { compileParsers, guarded, placeIn } from "./parsers";

/**
 * Runs the samples through the pipeline and checks what is made of its logs, before anything is deployed. Throws a UserError
 * that tells all bad samples, each with its line and a caret under the place where it stopped matching.
 */
export function prove(pipeline: LogPipeline, definition: PipelineDefinition, now: number): void {
  const parsers = compileParsers(pipeline, definition);
  checkLimits(pipeline, definition, parsers);
  checkAttributes(pipeline, definition, parsers);
  const run = guarded(pipeline, () => compilePipeline({ ...definition, filter: { query: "*" } }));
  const check = guarded(pipeline, () => checker(definition));
  const findings = pipeline.samples.flatMap((sample, index) => {
    const reads: Parsed[] = [];
    const options = { now, parsed: (parsed: Parsed) => void reads.push(parsed) };
    const differences = () =>
      sample.result === undefined
        ? compared(sample, run({ message: sample.line, attributes: {} }, options).log.attributes)
        : check({ ...sample, sample: sample.line, result: sample.result }, options);
    const found = unusable(sample.line) ?? judged(pipeline, sample, differences(), reads);
    return found === undefined
      ? []
      : [{ ...found, where: [`sample ${index + 1}`, found.where].filter(Boolean).join(", ") }];
  });
  refuse(placeOf(pipeline), findings, {
    what: `of ${pipeline.samples.length} samples are bad`,
    todo: "mend the rules, or the samples",
  });
}

function unusable(line: string): Finding | undefined {
  if (line.trim() === "") return { where: "", what: "the line is empty" };
  if (line.length <= LONGEST_SAMPLE) return undefined;
  const todo = `Datadog takes at most ${LONGEST_SAMPLE}: shorten it`;
  return { where: "", what: `the line has ${line.length} characters`, todo };
}

/** Attributes that are others than the sample says. */
function compared({ attributes = {} }: LogSample, found: Parameters<typeof get>[0]): Difference[] {
  return Object.entries(attributes).flatMap(([path, expected]) => {
    const actual = get(found, path) ?? null;
    return isDeepStrictEqual(actual, expected) ? [] : [{ path, expected, actual }];
  });
}

function judged(
  pipeline: LogPipeline,
  { line, result }: LogSample,
  differences: readonly Difference[],
  reads: readonly Parsed[],
): Finding | undefined {
  const ofMessage = reads.filter(({ source }) => source === "message");
  const missed = ofMessage.flatMap(({ where, text, result: { matched, ...rest } }) =>
    matched || !("furthest" in rest) ? [] : [{ where, text, furthest: rest.furthest }],
  );
  // A whole result says itself whether a rule has to match.
  if (missed.length > 0 && missed.length === ofMessage.length && (result === undefined || differences.length > 0)) {
    const best = missed.reduce((a, b) => (b.furthest.column > a.furthest.column ? b : a));
    return {
      where: ofMessage.length > 1 || pipeline.parser === undefined ? placeIn(pipeline, best.where) : "",
      what: `no rule matches this line:\n${indent(caret(best.text, best.furthest))}`,
      todo: "mend the rule, or remove the sample",
    };
  }
  if (differences.length === 0) return undefined;
  const rules = reads.flatMap(({ result: parsed }) => (parsed.matched ? [parsed.rule] : []));
  return {
    where: "",
    what: told(differences, rules, line),
    todo: `mend the rule, or the sample's expected ${result === undefined ? "attributes" : "result"}`,
  };
}

function told(differences: readonly Difference[], rules: readonly string[], line: string): string {
  const who = rules.length === 0 ? "the pipeline" : `${rules.length === 1 ? "rule" : "rules"} ${rules.join(", ")}`;
  const finds = rules.length > 1 ? "find" : "finds";
  const [only, ...others] = differences.map(({ path, expected, actual }) => {
    const show = (value: unknown) => JSON.stringify(value ?? null);
    return `${path.replace(/^custom\./, "")} = ${show(actual)} where ${show(expected)} is expected`;
  });
  return others.length === 0
    ? `${who} ${finds} ${only} in\n${indent(line)}`
    : `${who} ${finds} other values than are expected in\n${indent(line)}\n${indent([only, ...others].join("\n"), "    - ")}`;
}
