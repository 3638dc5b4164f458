import { isDeepStrictEqual } from "node:util";
import {
  type Attributes,
  caret,
  compileParser,
  compilePipeline,
  type Parser,
  type PipelineDefinition,
  ProcessorError,
  RuleError,
} from "../../grok";
import { get } from "../../grok/attributes";
import { nearest } from "../../grok/nearest";
import { UserError } from "../../host/error";
import type { LogPipeline } from "./datadog-log-pipeline";

/** A line that the pipeline must understand. */
export interface LogSample {
  /** The line as the source sends it: not empty, at most 5000 characters. */
  readonly line: string;
  /** Values that the pipeline must find in it, by path; null: none. Attributes that are not listed may be anything. */
  readonly attributes?: Attributes;
}

/** Limits that Datadog sets: what is beyond them it would refuse, or cut, at deployment. */
const MOST_SAMPLES = 5;
const LONGEST_SAMPLE = 5000;
const MOST_RULES = 10;
const MOST_PROCESSORS = 20;

/**
 * Runs the samples through the pipeline and checks the facets, before anything is deployed. Throws a {@link UserError}
 * with the line and a caret under the place where a sample stopped matching.
 */
export function prove(pipeline: LogPipeline, definition: PipelineDefinition, now: number): void {
  const where = `log pipeline "${pipeline.name}"`;
  const parser = compiled(pipeline, where);
  checkLimits(pipeline, definition, parser, where);
  checkFacets(pipeline, definition, parser, where);
  const run = guarded(where, () => compilePipeline({ ...definition, filter: { query: "*" } }));
  for (const [index, { line, attributes }] of pipeline.samples.entries()) {
    const sample = `${where}, sample ${index + 1}`;
    const parsed = parser.parse(line, { now });
    if (!parsed.matched) {
      const picture = caret(line, parsed.furthest);
      throw new UserError(
        `no rule matches this line:\n${indent(picture)}`,
        sample,
        "mend the rule, or remove the sample",
      );
    }
    const found = run({ message: line, attributes: {} }, { now }).log.attributes;
    for (const [path, expected] of Object.entries(attributes ?? {})) {
      const actual = get(found, path) ?? null;
      if (isDeepStrictEqual(actual, expected)) continue;
      throw new UserError(
        `rule ${parsed.rule} finds ${path} = ${JSON.stringify(actual)} where ${JSON.stringify(expected)} is expected in\n${indent(line)}`,
        sample,
        "mend the rule, or the sample's expected attributes",
      );
    }
  }
}

function compiled({ parser }: LogPipeline, where: string): Parser {
  return guarded(`${where}, parser "${parser.name}"`, () => compileParser(parser));
}

function guarded<T>(where: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ProcessorError) throw new UserError(error.message, where);
    if (!(error instanceof RuleError)) throw error;
    const { message, pattern, column } = error;
    throw new UserError(
      pattern === undefined ? message : `${message}\n${indent(`${pattern}\n${" ".repeat(column - 1)}^`)}`,
      where,
    );
  }
}

function checkLimits(pipeline: LogPipeline, { processors }: PipelineDefinition, parser: Parser, where: string): void {
  const { samples } = pipeline;
  if (samples.length === 0)
    throw new UserError("there is no sample", where, "give at least one line that the rules must match");
  if (samples.length > MOST_SAMPLES) {
    throw new UserError(
      `there are ${samples.length} samples`,
      where,
      `Datadog keeps at most ${MOST_SAMPLES}: remove some`,
    );
  }
  for (const [index, { line }] of samples.entries()) {
    if (line.trim() === "") throw new UserError("the line is empty", `${where}, sample ${index + 1}`);
    if (line.length > LONGEST_SAMPLE) {
      const length = `the line has ${line.length} characters`;
      throw new UserError(
        length,
        `${where}, sample ${index + 1}`,
        `Datadog takes at most ${LONGEST_SAMPLE}: shorten it`,
      );
    }
  }
  if (parser.rules.length > MOST_RULES) {
    throw new UserError(
      `there are ${parser.rules.length} match rules`,
      where,
      `Datadog takes at most ${MOST_RULES} a parser`,
    );
  }
  if (processors.length > MOST_PROCESSORS) {
    throw new UserError(
      `there are ${processors.length} processors`,
      where,
      `Datadog takes at most ${MOST_PROCESSORS} a pipeline`,
    );
  }
}

function checkFacets(
  { facets = [] }: LogPipeline,
  { processors }: PipelineDefinition,
  parser: Parser,
  where: string,
): void {
  const targets = processors.flatMap((processor) => ("target" in processor ? [processor.target] : []));
  const known = [...parser.attributes, ...targets];
  for (const facet of facets) {
    const path = facet.replace(/^@/, "");
    if (known.includes(path)) continue;
    throw new UserError(
      `no rule yields the attribute ${path}${nearest(path, known)}`,
      `${where}, facet ${facet}`,
      `the rules yield ${known.join(", ")}`,
    );
  }
}

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
