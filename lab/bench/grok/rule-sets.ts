import { pipelineDefinition, qnapPipeline } from "../../../components/datadog-log-pipeline";
import { filesOf, FIXTURE_CLOCK } from "../../../grok/check";
import { compileParser } from "../../../grok/parser";
import type { GrokParser, Pipeline, Processor } from "../../../grok/pipeline/definition";
import { readPipeline, readStructure } from "../../../grok/pipeline/file";
import { withDefaults } from "../../../grok/pipeline/shape";
import { type RuleText, splitRules } from "../../../grok/rules";

/** The parse options of every line. */
export const parseOptions = { now: FIXTURE_CLOCK };

/** A pipeline and its sample lines. */
export interface PipelineFile {
  readonly name: string;
  readonly pipeline: Pipeline;
  readonly lines: readonly string[];
}

/** One match rule of a Grok parser, compiled separately. */
export type SingleRule = ReturnType<typeof singleRules>[number];

/** The pipelines of a folder or file; without a path, the project's own pipeline. */
export function readPipelines(path: string | undefined): PipelineFile[] {
  if (path === undefined) {
    // only the parser of the QNAP pipeline
    const own = qnapPipeline({});
    const whole = pipelineDefinition(own);
    const pipeline = { ...whole, filter: { query: "*" }, processors: parsersOf(whole.processors) };
    return [{ name: whole.name, pipeline, lines: own.samples.map(({ line }) => line) }];
  }
  const found = filesOf([path]).map((file) => {
    const json = readStructure(file) as { name?: string; tests?: readonly { sample: string }[] };
    // the samples bypass the pipeline's filter
    const pipeline = { ...withDefaults(readPipeline(json)), filter: { query: "*" } };
    return { name: json.name ?? file, pipeline, lines: (json.tests ?? []).map(({ sample }) => sample) };
  });
  if (found.length === 0) throw new Error(`${path} contains no file *.json or *.yaml`);
  return found;
}

/** Every match rule of every Grok parser, also of nested pipelines, compiled separately. */
export function singleRules({ name, pipeline, lines }: PipelineFile) {
  return parsersOf(pipeline.processors).flatMap(({ source, samples, grok }) => {
    const rules = splitRules(grok.match_rules);
    // the parser's samples, and the pipeline's lines if it parses the message
    const lineSamples = [...new Set([...samples, ...(source === "message" ? lines : [])])];
    const text = (rule: RuleText) => `${rule.name} ${rule.pattern}`;
    return rules.map((rule) => {
      // a match rule may refer to another one
      const others = rules.filter((other) => other !== rule).map(text);
      return {
        pipeline: name,
        rule: rule.name,
        parser: compileParser({
          matchRules: text(rule),
          supportRules: [grok.support_rules, ...others].join("\n"),
        }),
        samples: lineSamples,
      };
    });
  });
}

function parsersOf(processors: readonly Processor[]): GrokParser[] {
  return processors.flatMap((each) =>
    each.type === "pipeline" ? parsersOf(each.processors) : each.type === "grok-parser" ? [each] : [],
  );
}

/**
 * Milliseconds of processor time of one call. Other processes of the machine do not count; helper threads of Node.js, such as
 * garbage collection, do.
 */
export function timed(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
