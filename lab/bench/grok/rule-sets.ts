import { pipelineDefinition, qnapPipeline } from "../../../components/datadog-log-pipeline";
import { filesOf, FIXTURE_CLOCK } from "../../../grok/check";
import { compileParser } from "../../../grok/parser";
import type { GrokParserDefinition, PipelineDefinition, ProcessorDefinition } from "../../../grok/pipeline/definition";
import { readPipeline, readStructure } from "../../../grok/pipeline/file";
import { type RuleText, splitRules } from "../../../grok/rules";

/** How every line is read. */
export const parseOptions = { now: FIXTURE_CLOCK };

/** A pipeline, and lines that are meant for it. */
export interface PipelineFile {
  readonly name: string;
  readonly pipeline: PipelineDefinition;
  readonly lines: readonly string[];
}

/** One match rule of one Grok parser, by itself. */
export type SingleRule = ReturnType<typeof singleRules>[number];

/** The pipelines of a folder or file; without one, the project's own. */
export function readPipelines(path: string | undefined): PipelineFile[] {
  if (path === undefined) {
    // the QNAP pipeline's parser alone
    const own = qnapPipeline({});
    const { name, processors } = pipelineDefinition(own);
    const pipeline = { name, filter: { query: "*" }, processors: parsersOf(processors) };
    return [{ name, pipeline, lines: own.samples.map(({ line }) => line) }];
  }
  const found = filesOf([path]).map((file) => {
    const json = readStructure(file) as { name?: string; tests?: readonly { sample: string }[] };
    // The lines are meant for the pipeline, whatever its filter asks for.
    const pipeline = { ...readPipeline(json), filter: { query: "*" } };
    return { name: json.name ?? file, pipeline, lines: (json.tests ?? []).map(({ sample }) => sample) };
  });
  if (found.length === 0) throw new Error(`${path}: there is no file *.json or *.yaml`);
  return found;
}

/** Every match rule of every Grok parser, nested ones too, compiled by itself. */
export function singleRules({ name, pipeline, lines }: PipelineFile) {
  return parsersOf(pipeline.processors).flatMap(({ source, samples = [], grok }) => {
    const rules = splitRules(grok.match_rules);
    // its own samples, and the pipeline's lines where it reads those
    const meant = [...new Set([...samples, ...(source === "message" ? lines : [])])];
    const text = (rule: RuleText) => `${rule.name} ${rule.pattern}`;
    return rules.map((rule) => {
      // A match rule may refer to another one.
      const others = rules.filter((other) => other !== rule).map(text);
      return {
        pipeline: name,
        rule: rule.name,
        parser: compileParser({
          matchRules: text(rule),
          supportRules: [grok.support_rules ?? "", ...others].join("\n"),
        }),
        samples: meant,
      };
    });
  });
}

function parsersOf(processors: readonly ProcessorDefinition[]): GrokParserDefinition[] {
  return processors.flatMap((each) =>
    each.type === "pipeline" ? parsersOf(each.processors) : each.type === "grok-parser" ? [each] : [],
  );
}

/**
 * Milliseconds of processor time that something takes, once: whatever else runs on the machine counts for nothing. The
 * engine's own helpers, such as the collection of garbage, are part of it.
 */
export function timed(run: () => unknown): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
