import { isDeepStrictEqual } from "node:util";
import {
  caret,
  compileParser,
  compilePipeline,
  type Parser,
  type PipelineDefinition,
  ProcessorError,
  RuleError,
} from "../../grok";
import { get } from "../../grok/attributes";
import { UserError } from "../../host/error";
import { checkAttributes } from "./attributes";
import type { LogPipeline } from "./log-pipeline";
import { checkLimits } from "./limits";

/**
 * Runs the samples through the pipeline and checks what is made of its logs, before anything is deployed. Throws a {@link UserError}
 * with the line and a caret under the place where a sample stopped matching.
 */
export function prove(pipeline: LogPipeline, definition: PipelineDefinition, now: number): void {
  const where = `log pipeline "${pipeline.name}"`;
  const parser = compiled(pipeline, where);
  checkLimits(pipeline, definition, parser.rules.length);
  checkAttributes(pipeline, definition, parser);
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

function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}
