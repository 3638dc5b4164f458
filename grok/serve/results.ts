import { z } from "zod";
import { isObject, jsonText, type Value } from "../attributes";
import { describeDifference, differencesOf, FIXTURE_CLOCK, sampleRunner } from "../check";
import { caret } from "../furthest";
import { placeIn } from "../lint/finding";
import { lintPipeline } from "../lint/lint";
import type { CapturedText } from "../parser";
import { type GrokParser, type Pipeline, placedProcessors } from "../pipeline/definition";
import type { PipelineFile, PipelineTest, Sample } from "../pipeline/file";
import { type Parsed, ProcessorError } from "../pipeline/run";

/** What the page shows first. */
export interface Served extends PipelineFile {
  readonly pipeline: Pipeline;
  readonly lines: readonly string[];
  /** Service of the lines that are not samples of tests. */
  readonly service?: string;
}

/** The rules of a Grok parser, and its place: position and name, after those of the pipelines that contain it. */
interface ServedParser {
  readonly where: string;
  readonly matchRules: string;
  readonly supportRules: string;
}

/** What the page sends: the rules of all enabled Grok parsers, in their order, and the lines. */
export const editedShape = z.object({
  parsers: z.array(z.object({ matchRules: z.string(), supportRules: z.string() })),
  lines: z.array(z.string()),
});
export type Edited = z.output<typeof editedShape>;

/** What the pipeline makes of the lines. */
export interface Results {
  /** Why the pipeline cannot run. There are then no results. */
  readonly errors: readonly string[];
  /** The result of each line, in their order. */
  readonly lines: readonly LineResult[];
}

export interface LineResult {
  /** What the Grok parsers read. */
  readonly reads: readonly Read[];
  /** The fields of the log, each as `custom.http.url: "/"`; the message only if it is not the line. */
  readonly log: readonly string[];
  /** How the log differs from the expected result, if the line is a sample of the file's tests. */
  readonly differences?: readonly string[];
}

/** A text that a Grok parser read. */
interface Read {
  readonly where: string;
  /** Attribute with the text, mostly `message`. */
  readonly source: string;
  /** The rule that matches. */
  readonly rule?: string;
  /** The text, if a rule matches. */
  readonly segments?: readonly Segment[];
  /** Where matching stopped, if no rule matches. */
  readonly stop?: string;
}

/** A part of a text. */
interface Segment {
  readonly text: string;
  /** The attributes that it is captured for, the innermost capture first. */
  readonly paths: readonly string[];
}

/** The enabled Grok parsers of a pipeline. */
export function parsersOf(pipeline: Pipeline): ServedParser[] {
  return grokParsers(pipeline).map(({ where, grok }) => ({
    where,
    matchRules: grok.match_rules,
    supportRules: grok.support_rules,
  }));
}

/** Runs the lines through the pipeline with the edited rules. The filter of the pipeline is ignored. */
export function resultsOf({ pipeline, tests, tables, service }: Served, { parsers, lines }: Edited): Results {
  const edited = withRules(pipeline, parsers);
  let run: ReturnType<typeof sampleRunner>;
  try {
    run = sampleRunner(edited, tables);
  } catch (error) {
    if (!(error instanceof ProcessorError)) throw error;
    const errors = findingsIn(edited, []).filter(({ level }) => level === "error");
    return { errors: errors.length > 0 ? errors.map(({ text }) => text) : [error.message], lines: [] };
  }
  const now = Date.now();
  const resultOf = (line: string, test?: PipelineTest): LineResult => {
    const reads: Read[] = [];
    const parsed = (each: Parsed) => void reads.push(readOf(each));
    // A sample has the time that its expected result was written for.
    const found = run(test ?? { sample: line, service }, { now: test === undefined ? now : FIXTURE_CLOCK, parsed });
    return {
      reads,
      log: Object.entries(found).flatMap(([key, value]) =>
        key === "message" && value === line ? [] : fieldsOf(key, value),
      ),
      ...(test && { differences: differencesOf(test, found).flatMap(describeDifference) }),
    };
  };
  return {
    errors: [],
    lines: lines.map((line) => {
      const results = tests.filter(({ sample }) => sample === line).map((test) => resultOf(line, test));
      // Tests can have the same sample with different services or tags: show the first one that differs.
      return results.find(({ differences }) => differences?.length) ?? results[0] ?? resultOf(line);
    }),
  };
}

/** The findings of `grok lint` in the pipeline with the edited rules; the lines are its samples. */
export function findingsOf({ pipeline }: Served, { parsers, lines }: Edited): string[] {
  const samples = lines.map((sample) => ({ sample }));
  return findingsIn(withRules(pipeline, parsers), samples).map(({ level, text }) => `${level}: ${text}`);
}

function findingsIn(pipeline: Pipeline, samples: readonly Sample[]) {
  return lintPipeline(pipeline, samples).map(({ placed, level, message, ...place }) => ({
    level,
    text: `${placeIn({ where: placed?.where, ...place })}${message}`,
  }));
}

function grokParsers(pipeline: Pipeline): { where: string; grok: GrokParser["grok"] }[] {
  return placedProcessors(pipeline, `pipeline ${pipeline.name}`).flatMap(({ where, processor }) =>
    processor.type === "grok-parser" ? [{ where, grok: processor.grok }] : [],
  );
}

/** A copy of the pipeline with other rules. */
function withRules(pipeline: Pipeline, rules: Edited["parsers"]): Pipeline {
  const copy = structuredClone(pipeline);
  for (const [index, { grok }] of grokParsers(copy).entries()) {
    grok.match_rules = rules[index]?.matchRules ?? grok.match_rules;
    grok.support_rules = rules[index]?.supportRules ?? grok.support_rules;
  }
  return copy;
}

function readOf({ where, source, text, result, parser }: Parsed): Read {
  return result.matched
    ? { where, source, rule: result.rule, segments: segmentsOf(text, parser.captured(text)) }
    : { where, source, stop: caret(text, result.furthest) };
}

/** Splits a text where captures start and end. */
function segmentsOf(text: string, captured: readonly CapturedText[]): Segment[] {
  const bounds = [...new Set([0, text.length, ...captured.flatMap(({ start, end }) => [start, end])])];
  bounds.sort((a, b) => a - b);
  return bounds.slice(0, -1).map((from, index) => {
    const to = bounds[index + 1]!;
    const around = captured.filter(({ start, end }) => start <= from && to <= end);
    around.sort((a, b) => a.end - a.start - (b.end - b.start));
    return { text: text.slice(from, to), paths: around.map(({ path }) => (path === "" ? "(root)" : path)) };
  });
}

/** A line for each value in a field of the log. */
function fieldsOf(path: string, value: Value | undefined): string[] {
  if (value === undefined) return [];
  const isEmpty = !isObject(value) || Object.keys(value).length === 0;
  if (isEmpty) return [`${path}: ${jsonText(value)}`];
  return Object.entries(value).flatMap(([key, each]) => fieldsOf(`${path}.${key}`, each));
}
