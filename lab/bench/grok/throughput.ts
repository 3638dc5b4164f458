import { compilePipeline } from "../../../grok/pipeline/run";
import { median } from "../../base/figures";
import { parseOptions, type PipelineFile, singleRules, timed } from "./rule-sets";

/** Rounds of each pipeline before the measurement. */
const WARM_UP = 30;
/** Rounds of a rule in one measurement, because one round is too short. */
const ROUNDS = 20;

/** Measures how fast pipelines parse their sample lines on one core. */
export function throughput(files: readonly PipelineFile[], passes: number) {
  const runs = files.map(({ name, pipeline, lines }) => {
    const run = compilePipeline(pipeline);
    const pass = () => lines.forEach((message) => run({ message }, parseOptions));
    return { name, count: lines.length, pass };
  });
  times(WARM_UP, () => runs.forEach(({ pass }) => pass()));
  // each pass covers all pipelines, so that other load of the machine affects all of them
  const passed = times(passes, () => runs.map(({ pass }) => timed(pass)));
  const lines = sum(runs.map(({ count }) => count));
  const rates = passed.map((each) => (lines / sum(each)) * 1000);
  const bytes = sum(files.map((file) => Buffer.byteLength(file.lines.join(""))));
  return {
    pipelines: files.length,
    lines,
    passes,
    /** Over all pipelines: the median, slowest and fastest pass. */
    linesPerSecond: { median: median(rates), least: Math.min(...rates), most: Math.max(...rates) },
    /** Megabytes of lines a second, in the median pass. */
    megabytesPerSecond: (median(rates) / lines) * (bytes / 1e6),
    /** The pipeline with the longest time per line. */
    slowestPipeline: slowest(
      runs.map(({ name, count }, index) => ({
        name,
        microsecondsPerLine: count === 0 ? 0 : (median(passed.map((each) => each[index]!)) / count) * 1000,
      })),
    ),
    /** The match rule with the longest time per line of its parser, whether the line matches or not; includes filters. */
    slowestRule: slowest(rulesOf(files, passes)),
  };
}

function rulesOf(files: readonly PipelineFile[], passes: number) {
  return files
    .flatMap(singleRules)
    .filter(({ samples }) => samples.length > 0)
    .map(({ pipeline, rule, parser, samples }) => {
      const rounds = () => times(ROUNDS, () => samples.forEach((line) => parser.parse(line, parseOptions)));
      rounds();
      const took = median(times(passes, () => timed(rounds)));
      return { pipeline, rule, microsecondsPerLine: (took / ROUNDS / samples.length) * 1000 };
    });
}

const times = <T>(count: number, work: () => T): T[] => Array.from({ length: count }, work);

const slowest = <T extends { readonly microsecondsPerLine: number }>(all: readonly T[]): T =>
  all.reduce((a, b) => (b.microsecondsPerLine > a.microsecondsPerLine ? b : a));

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
