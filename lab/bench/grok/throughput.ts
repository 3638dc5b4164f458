import { FIXTURE_CLOCK } from "../../../grok/check";
import { compilePipeline } from "../../../grok/pipeline/run";
import { median } from "../../base/figures";
import { timed } from "./clock";
import { type PipelineFile, singleRules } from "./rule-sets";

/** How fast pipelines read the lines that are meant for them, on one core. */
export interface Throughput {
  readonly pipelines: number;
  readonly lines: number;
  readonly passes: number;
  /** Over all pipelines, each line once a pass: median, slowest and fastest pass. */
  readonly linesPerSecond: { readonly median: number; readonly least: number; readonly most: number };
  /** Megabytes of lines a second, in the median pass. */
  readonly megabytesPerSecond: number;
  /** The pipeline that takes longest for a line of its own. */
  readonly slowestPipeline: { readonly name: string; readonly microsecondsPerLine: number };
  /** The match rule that takes longest for a line that its parser reads, whether it fits or not; filters are part of it. */
  readonly slowestRule: {
    readonly pipeline: string;
    readonly rule: string;
    readonly microsecondsPerLine: number;
  };
}

/** Rounds of each pipeline before anything is timed. */
const WARM_UP = 30;
/** Rounds of a rule, as one is too short to time. */
const ROUNDS = 20;

const options = { now: FIXTURE_CLOCK };

export function throughput(files: readonly PipelineFile[], passes: number): Throughput {
  const runs = files.map(({ name, pipeline, lines }) => {
    const run = compilePipeline(pipeline);
    return {
      name,
      count: lines.length,
      pass: () => {
        for (const message of lines) run({ message }, options);
      },
    };
  });
  for (let round = 0; round < WARM_UP; round++) for (const { pass } of runs) pass();
  // Pass by pass over all, so that whatever else the machine does falls on none alone.
  const times = Array.from({ length: passes }, () => runs.map(({ pass }) => timed(pass)));
  const lines = runs.reduce((sum, { count }) => sum + count, 0);
  const rates = times.map((each) => (lines / sum(each)) * 1000);
  const slowestPipeline = runs
    .map(({ name, count }, index) => ({
      name,
      microsecondsPerLine: count === 0 ? 0 : (median(times.map((each) => each[index]!)) / count) * 1000,
    }))
    .reduce((a, b) => (b.microsecondsPerLine > a.microsecondsPerLine ? b : a));
  const bytes = files.reduce((sum, file) => sum + Buffer.byteLength(file.lines.join("")), 0);
  return {
    pipelines: files.length,
    lines,
    passes,
    linesPerSecond: { median: median(rates), least: Math.min(...rates), most: Math.max(...rates) },
    megabytesPerSecond: (median(rates) / lines) * (bytes / 1e6),
    slowestPipeline,
    slowestRule: slowestRule(files, passes),
  };
}

function slowestRule(files: readonly PipelineFile[], passes: number): Throughput["slowestRule"] {
  return files
    .flatMap(singleRules)
    .filter(({ samples }) => samples.length > 0)
    .map(({ pipeline, rule, parser, samples }) => {
      const round = () => {
        for (const line of samples) parser.parse(line, options);
      };
      const rounds = () => {
        for (let count = 0; count < ROUNDS; count++) round();
      };
      rounds();
      const times = Array.from({ length: passes }, () => timed(rounds));
      return { pipeline, rule, microsecondsPerLine: (median(times) / ROUNDS / samples.length) * 1000 };
    })
    .reduce((a, b) => (b.microsecondsPerLine > a.microsecondsPerLine ? b : a));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
