import { isMap, isScalar, Scalar } from "yaml";
import { wholeObject } from "../filters/json";
import type { Parser } from "../parser";
import { type Pipeline, type PlacedProcessor, placedProcessors } from "../pipeline/definition";
import { type PipelineFileError, readAnyPipelineFile, type Sample } from "../pipeline/file";
import { parserOf } from "../pipeline/grok-parser";
import { beyondRecommendations } from "../pipeline/recommendations";
import { compilePipeline } from "../pipeline/run";
import { readSource } from "../pipeline/source";
import { RuleError, splitRules } from "../rules";
import { lintSources } from "./attributes";
import { lintFields } from "./fields";
import type { LintFinding, Mistake } from "./finding";
import { lintParser } from "./parsers";
import { lintSearches } from "./searches";

/**
 * The findings in a pipeline file, or in a file with only a pipeline. An error is something that Datadog refuses, or a rule that can
 * never be used. A hint is something that is probably not intended.
 */
export function lintFile(file: string): LintFinding[] {
  let found: ReturnType<typeof readAnyPipelineFile>;
  try {
    found = readAnyPipelineFile(file);
  } catch (error) {
    const { message, line } = error as PipelineFileError;
    return [{ file, line, level: "error", code: "invalid-file", message: `the file ${message}` }];
  }
  const places = new FilePlaces(file);
  const { pipeline, definition, tests } = found;
  const ofFields = lintFields(definition, placedProcessors(pipeline, `pipeline ${pipeline.name}`));
  return [...lintPipeline(pipeline, tests), ...ofFields].map(({ placed, ...mistake }) => ({
    file,
    line: places.lineOf(placed, mistake.rule),
    ...(placed === undefined ? {} : { where: placed.where }),
    ...mistake,
  }));
}

/**
 * The findings in a pipeline.
 *
 * @param tests their samples show which rules are used
 */
export function lintPipeline(pipeline: Pipeline, tests: readonly Sample[]): Mistake[] {
  const placed = placedProcessors(pipeline, `pipeline ${pipeline.name}`);
  const parsers = new Map<string, Parser>();
  const errors = [
    ...invalid(() => compilePipeline({ ...pipeline, processors: [] })),
    ...placed.flatMap((each) => invalid(() => compileAlone(each, parsers), each)),
  ];
  const texts = errors.length === 0 ? textsOf(pipeline, tests) : new Map<string, Set<string>>();
  const ofParsers = placed.flatMap((each): Mistake[] => {
    const { processor, where } = each;
    const parser = parsers.get(where);
    if (processor.type !== "grok-parser" || parser === undefined) return [];
    const read = new Set([...processor.samples, ...(texts.get(where) ?? [])]);
    return lintParser(processor, parser, [...read]).map((mistake) => ({ ...mistake, placed: each }));
  });
  if (errors.length > 0) return [...errors, ...ofParsers];
  const isJson = tests.some(({ sample }) => wholeObject(sample) !== undefined);
  return [
    ...ofParsers,
    ...(isJson ? [] : lintSources(placed, parsers)),
    ...lintSearches(pipeline, placed),
    ...beyondRecommendations(pipeline).map((message): Mistake => ({
      level: "hint",
      code: "beyond-recommendation",
      message,
    })),
  ];
}

/** Compiles a processor in a pipeline of its own; of a nested pipeline, only the filter. Adds a Grok parser to `parsers`. */
function compileAlone({ processor, where }: PlacedProcessor, parsers: Map<string, Parser>): void {
  if (processor.type === "grok-parser") {
    parsers.set(where, parserOf(processor));
    return;
  }
  const alone = processor.type === "pipeline" ? { ...processor, processors: [] } : processor;
  compilePipeline({ name: "alone", processors: [alone] });
}

/** The error of `make` as a mistake. */
function invalid(make: () => void, placed?: PlacedProcessor): Mistake[] {
  try {
    make();
    return [];
  } catch (error) {
    let reason = error as Error;
    while (reason.cause instanceof Error) reason = reason.cause;
    if (reason instanceof RuleError) {
      const { rule, column, reason: message } = reason;
      return [{ level: "error", code: "invalid-rule", placed, rule, column, message }];
    }
    return [{ level: "error", code: "invalid-processor", placed, message: reason.message }];
  }
}

/** What each parser reads in the tests, by its place. */
function textsOf(pipeline: Pipeline, tests: readonly Sample[]): Map<string, Set<string>> {
  const texts = new Map<string, Set<string>>();
  const run = compilePipeline({ ...pipeline, is_enabled: true, filter: { query: "*" } });
  for (const { sample, service, tags } of tests)
    run(
      { message: sample, service, tags },
      {
        now: 0,
        parsed: ({ where, text }) => void texts.set(where, (texts.get(where) ?? new Set<string>()).add(text)),
      },
    );
  return texts;
}

/** Finds the lines of processors and rules in a file. */
class FilePlaces {
  private readonly source;

  constructor(file: string) {
    this.source = readSource(file);
  }

  lineOf(placed: PlacedProcessor | undefined, rule: string | undefined): number {
    const { document } = this.source;
    const path = [...this.root, ...(placed?.path ?? [])];
    if (placed?.processor.type !== "grok-parser" || rule === undefined) return this.source.lineOf(path);
    const { grok } = placed.processor;
    for (const [text, names] of [
      [grok.match_rules, ["match_rules", "matchRules"]],
      [grok.support_rules, ["support_rules", "supportRules"]],
    ] as const) {
      const line = linesOf(text).get(rule);
      if (line === undefined) continue;
      const key = names.find((name) => document.hasIn([...path, "grok", name])) ?? names[0];
      const node: unknown = document.getIn([...path, "grok", key], true);
      // The lines of a block start below its key. Others are texts in quotes.
      const isBlock = isScalar(node) && node.type === Scalar.BLOCK_LITERAL;
      return this.source.lineOf([...path, "grok", key]) + (isBlock ? line : 0);
    }
    return this.source.lineOf(path);
  }

  /** The path of the pipeline in the file. */
  private get root(): string[] {
    const path: string[] = [];
    while (isMap(this.source.document.getIn([...path, "pipeline"], true))) path.push("pipeline");
    return path;
  }
}

/** The line of each rule, as far as the rules can be split. */
function linesOf(text: string): Map<string, number> {
  try {
    return new Map(splitRules(text).map(({ name, line }) => [name, line]));
  } catch {
    return new Map();
  }
}
