import { compileParser, type Parser, type PipelineDefinition, ProcessorError, RuleError } from "../../grok";
import type { GrokParserDefinition, ProcessorDefinition } from "../../grok/pipeline/definition";
import { type Finding, indent, refuse } from "./findings";
import { type LogPipeline, placeOf } from "./log-pipeline";

/** A Grok parser of a pipeline. */
export interface PipelineParser {
  /** Which one: `parser "P"`, `processor 2 (In), processor 1 (P)`. */
  readonly where: string;
  readonly definition: GrokParserDefinition;
  readonly parser: Parser;
}

/** Every Grok parser, those of nested pipelines too. Throws a UserError that names all whose rules are bad. */
export function compileParsers(pipeline: LogPipeline, { processors }: PipelineDefinition): PipelineParser[] {
  const findings: Finding[] = [];
  const compiled = grokParsers(processors).flatMap(({ where, definition }) => {
    const { match_rules: matchRules, support_rules: supportRules } = definition.grok;
    try {
      return [{ where, definition, parser: compileParser({ matchRules, supportRules }) }];
    } catch (error) {
      findings.push({ where: placeIn(pipeline, where), what: reasonOf(error) });
      return [];
    }
  });
  refuse(placeOf(pipeline), findings, { what: "parsers have bad rules", remedy: "mend the rules" });
  return compiled.map((each) => ({ ...each, where: placeIn(pipeline, each.where) }));
}

function grokParsers(processors: readonly ProcessorDefinition[], outer = "") {
  return processors.flatMap((each, index): { where: string; definition: GrokParserDefinition }[] => {
    const where = `${outer}processor ${index + 1} (${each.name ?? each.type})`;
    if (each.type === "pipeline") return grokParsers(each.processors, `${where}, `);
    return each.type === "grok-parser" ? [{ where, definition: each }] : [];
  });
}

/** A processor's place as its author knows it: the engine counts, and puts the pipeline's name before. */
export function placeIn({ name, parser }: LogPipeline, where: string): string {
  const inner = where.replace(`pipeline ${name}, `, "");
  return parser !== undefined && inner === `processor 1 (${parser.name})` ? `parser "${parser.name}"` : inner;
}

/** What is wrong with a rule, with a caret in it where that is known. Throws the error again where it is about no rule. */
function reasonOf(error: unknown): string {
  if (!(error instanceof RuleError)) throw error;
  const { message, pattern, column } = error;
  return pattern === undefined ? message : `${message}\n${indent(`${pattern}\n${" ".repeat(column - 1)}^`)}`;
}

/** Makes something of the pipeline; a processor that is not valid is a UserError. */
export function guarded<T>(pipeline: LogPipeline, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof ProcessorError)) throw error;
    const what = error.message.slice(error.where.length + 2);
    refuse(placeOf(pipeline), [{ where: placeIn(pipeline, error.where), what }], { what: "", remedy: "" });
    throw error;
  }
}
