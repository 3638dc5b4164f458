import { type Parser, type Pipeline, ProcessorError, RuleError } from "../../grok/index";
import type { GrokParser, Processor } from "../../grok/pipeline/definition";
import { parserOf } from "../../grok/pipeline/grok-parser";
import { type Finding, indent, throwFindings } from "./findings";
import { type LogPipeline, placeOf } from "./log-pipeline";

/** A Grok parser of a pipeline. */
export interface PipelineParser {
  /** Place in the pipeline: `parser "P"`, `processor 2 (In), processor 1 (P)`. */
  readonly where: string;
  readonly definition: GrokParser;
  readonly parser: Parser;
}

/**
 * All Grok parsers, including those of nested pipelines.
 *
 * @throws UserError with all parsers whose rules are not valid
 */
export function compileParsers(pipeline: LogPipeline, { processors }: Pipeline): PipelineParser[] {
  const findings: Finding[] = [];
  const compiled = grokParsers(processors).flatMap(({ where, definition }) => {
    try {
      return [{ where, definition, parser: parserOf(definition) }];
    } catch (error) {
      findings.push({ where: placeIn(pipeline, where), what: reasonOf(error) });
      return [];
    }
  });
  throwFindings(placeOf(pipeline), findings, { what: "parsers have invalid rules", remedy: "correct the rules" });
  return compiled.map((each) => ({ ...each, where: placeIn(pipeline, each.where) }));
}

function grokParsers(processors: readonly Processor[], outer = "") {
  return processors.flatMap((each, index): { where: string; definition: GrokParser }[] => {
    const where = `${outer}processor ${index + 1} (${each.name ?? each.type})`;
    if (each.type === "pipeline") return grokParsers(each.processors, `${where}, `);
    return each.type === "grok-parser" ? [{ where, definition: each }] : [];
  });
}

/** A processor's place for errors: without the pipeline's name, and `parser "P"` for the pipeline's `parser`. */
export function placeIn({ name, parser }: LogPipeline, where: string): string {
  const inner = where.replace(`pipeline ${name}, `, "");
  return parser !== undefined && inner === `processor 1 (${parser.name})` ? `parser "${parser.name}"` : inner;
}

/** The message of a rule's error, with a caret in the rule if the column is known. Rethrows other errors. */
function reasonOf(error: unknown): string {
  if (!(error instanceof RuleError)) throw error;
  const { message, pattern, column } = error;
  return pattern === undefined ? message : `${message}\n${indent(`${pattern}\n${" ".repeat(column - 1)}^`)}`;
}

/** Converts the error of an invalid processor to a {@link UserError} that names the pipeline. */
export function withUserErrors<T>(pipeline: LogPipeline, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ProcessorError)) throw error;
    const what = error.message.slice(error.where.length + 2);
    throwFindings(placeOf(pipeline), [{ where: placeIn(pipeline, error.where), what }], { what: "", remedy: "" });
    throw error;
  }
}
