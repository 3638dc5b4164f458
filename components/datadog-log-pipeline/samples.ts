import { isDeepStrictEqual } from "node:util";
import { caret, compilePipeline, type Pipeline } from "../../grok/index";
import { get, jsonText, type Value } from "../../grok/attributes";
import { checker, type Difference } from "../../grok/check";
import { allProcessors, LONGEST_SAMPLE } from "../../grok/pipeline/definition";
import type { Parsed } from "../../grok/pipeline/run";
import { checkAttributes } from "./attributes";
import { type Finding, indent, throwFindings } from "./findings";
import { checkLimits } from "./limits";
import { type LogPipeline, type LogSample, placeOf } from "./log-pipeline";
import { compileParsers, withUserErrors, placeIn } from "./parsers";

/**
 * Checks the pipeline with its metrics, monitors and dashboard, and runs its samples, before anything is deployed.
 *
 * @throws UserError with all samples that fail; if no rule matches a sample, with a caret where matching stopped
 */
export function verify(pipeline: LogPipeline, definition: Pipeline, now: number): void {
  const parsers = compileParsers(pipeline, definition);
  checkLimits(pipeline, parsers);
  checkAttributes(pipeline, definition, parsers);
  const run = withUserErrors(pipeline, () => compilePipeline({ ...definition, filter: { query: "*" } }));
  const check = withUserErrors(pipeline, () => checker(definition, pipeline.tables));
  const isKnown = placesAreKnown(definition);
  const findings = pipeline.samples.flatMap((sample, index) => {
    const reads: Parsed[] = [];
    const options = { now, parsed: (parsed: Parsed) => void reads.push(parsed) };
    const differences = () =>
      sample.result === undefined
        ? compared(
            sample,
            run({ message: sample.line, attributes: {} }, { ...options, tables: pipeline.tables }).log.attributes,
          )
        : check({ ...sample, sample: sample.line, result: sample.result }, options).filter(isKnown);
    const found = lineFinding(sample.line) ?? sampleFinding(pipeline, sample, differences(), reads);
    return found === undefined
      ? []
      : [{ ...found, where: [`sample ${index + 1}`, found.where].filter(Boolean).join(", ") }];
  });
  throwFindings(placeOf(pipeline), findings, {
    what: `of ${pipeline.samples.length} samples fail`,
    remedy: "correct the rules or the samples",
  });
}

/** Only Datadog knows the places of all addresses: what a geo-ip parser sets is not compared. */
function placesAreKnown(definition: Pipeline): (difference: Difference) => boolean {
  const targets = allProcessors(definition).flatMap((each) => (each.type === "geo-ip-parser" ? [each.target] : []));
  return ({ path }) => !targets.some((target) => path.startsWith(`custom.${target}.`));
}

/** Checks Datadog's limits for the line of a sample. */
function lineFinding(line: string): Finding | undefined {
  if (line.trim() === "") return { where: "", what: "the line is empty" };
  if (line.length <= LONGEST_SAMPLE) return undefined;
  const remedy = `shorten it: Datadog accepts at most ${LONGEST_SAMPLE}`;
  return { where: "", what: `the line has ${line.length} characters`, remedy };
}

/** The attributes that differ from the sample's. */
function compared({ attributes = {} }: LogSample, found: Parameters<typeof get>[0]): Difference[] {
  return Object.entries<Value>(attributes).flatMap(([path, expected]) => {
    const actual = get(found, path) ?? null;
    return isDeepStrictEqual(actual, expected) ? [] : [{ path, expected, actual }];
  });
}

function sampleFinding(
  pipeline: LogPipeline,
  { line, result }: LogSample,
  differences: readonly Difference[],
  reads: readonly Parsed[],
): Finding | undefined {
  const ofMessage = reads.filter(({ source }) => source === "message");
  const missed = ofMessage.flatMap(({ where, text, result: { matched, ...rest } }) =>
    matched || !("furthest" in rest) ? [] : [{ where, text, furthest: rest.furthest }],
  );
  // With a result that is as expected, it does not matter whether a rule matches.
  if (missed.length > 0 && missed.length === ofMessage.length && (result === undefined || differences.length > 0)) {
    const best = missed.reduce((a, b) => (b.furthest.column > a.furthest.column ? b : a));
    return {
      where: ofMessage.length > 1 || pipeline.parser === undefined ? placeIn(pipeline, best.where) : "",
      what: `no rule matches this line:\n${indent(caret(best.text, best.furthest))}`,
      remedy: "correct the rule or remove the sample",
    };
  }
  if (differences.length === 0) return undefined;
  const rules = reads.flatMap(({ result: parsed }) => (parsed.matched ? [parsed.rule] : []));
  return {
    where: "",
    what: describeDifferences(differences, rules, line),
    remedy: `correct the rule or the sample's expected ${result === undefined ? "attributes" : "result"}`,
  };
}

function describeDifferences(differences: readonly Difference[], rules: readonly string[], line: string): string {
  const subject = rules.length === 0 ? "the pipeline" : `${rules.length === 1 ? "rule" : "rules"} ${rules.join(", ")}`;
  const verb = rules.length > 1 ? "give" : "gives";
  const [only, ...others] = differences.map(({ path, expected, actual }) => {
    const show = (value: unknown) => jsonText(value);
    return `${path.replace(/^custom\./, "")} = ${show(actual)} instead of ${show(expected)}`;
  });
  return others.length === 0
    ? `${subject} ${verb} ${only} in\n${indent(line)}`
    : `${subject} ${verb} values that are not expected in\n${indent(line)}\n${indent([only, ...others].join("\n"), "    - ")}`;
}
