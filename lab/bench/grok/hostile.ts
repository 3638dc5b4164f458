import { commonLines, type HostileLine, nearLines } from "./hostile-lines";
import { parseOptions, type PipelineFile, type SingleRule, singleRules, timed } from "./rule-sets";

/** A line's time under a rule, at the full size and at a quarter of it. */
export type Measured = ReturnType<typeof measure>;

/** The full size of a line, and the size of a first test. */
const FULL = 1_000_000;
const SMALL = 16_000;
/** Milliseconds. If a line takes longer at a smaller size, it is not measured at a larger one: that could take an hour. */
const TOO_LONG = 1000;
/** How many lines of a rule are measured at the full size: the slowest ones at the small size, and those with the most growth. */
const MOST_BY_EACH = 2;
/** How many rules the result names. */
const MOST_RULES = 5;
/** A larger ratio from a quarter to the full size is not linear. 4 is linear; garbage collections add some. */
const STEEP = 6.5;

/** Measures the rules with hostile lines. */
export function hostile(files: readonly PipelineFile[], progress: (done: number, of: number) => void) {
  const rules = files.flatMap(singleRules);
  const common = commonLines();
  const measured: Measured[] = [];
  const slowest: Measured[] = [];
  let tried = 0;
  for (const [index, rule] of rules.entries()) {
    const lines = [...common, ...rule.samples.flatMap(nearLines)];
    tried += lines.length;
    const times = [...suspects(rule, lines)].map((line) => measure(rule, line));
    measured.push(...times);
    slowest.push(times.reduce((a, b) => (b.milliseconds > a.milliseconds ? b : a)));
    progress(index + 1, rules.length);
  }
  // a garbage collection or another process can double shorter times
  const slow = measured.filter((one) => one.milliseconds >= 100 && one.quarterMilliseconds >= 10);
  const [steepest] = slow.sort((a, b) => b.ratio - a.ratio);
  return {
    rules: rules.length,
    /** Pairs of a rule and a line: those tried at the small size, and those also tried at the full size. */
    tried,
    triedInFull: measured.length,
    /** The slowest line of each of the slowest rules. */
    slowest: slowest.sort((a, b) => b.milliseconds - a.milliseconds).slice(0, MOST_RULES),
    /** The line whose time grew most from a quarter to the full size. */
    steepest,
    /** No line's time grew clearly more than its length. */
    linear: steepest === undefined || steepest.ratio <= STEEP,
  };
}

/** The lines to measure at the full size: those that are slow at the small size, or whose time grows more than their length. */
function suspects(rule: SingleRule, lines: readonly HostileLine[]): Set<HostileLine> {
  const seen = lines.map((line) => {
    const [quarter, small] = [time(rule, line.make(SMALL / 4)), time(rule, line.make(SMALL))];
    return { line, small, growth: small > 0.5 ? small / quarter : 0 };
  });
  const most = (by: "small" | "growth") => [...seen].sort((a, b) => b[by] - a[by]).slice(0, MOST_BY_EACH);
  return new Set([...most("small"), ...most("growth")].map(({ line }) => line));
}

function measure(single: SingleRule, line: HostileLine) {
  const size = [FULL / 16, FULL / 4].find((smaller) => time(single, line.make(smaller)) > TOO_LONG) ?? FULL;
  const [quarterText, text] = [line.make(size / 4), line.make(size)];
  const once = () => {
    const [quarterMilliseconds, milliseconds] = [time(single, quarterText), time(single, text)];
    // 4 is linear
    return { milliseconds, quarterMilliseconds, ratio: milliseconds / quarterMilliseconds };
  };
  let seen = once();
  // a steep ratio may come from a garbage collection: measure up to two more times
  for (let again = 0; again < 2 && seen.milliseconds > 20 && seen.ratio > 5; again++) {
    const next = once();
    if (next.ratio < seen.ratio) seen = next;
  }
  if (seen.ratio > STEEP) {
    // the processor's cache may hold what the matcher records at a quarter, and not at the full size
    const ratio = time(single, line.make(size * 4)) / seen.milliseconds;
    seen = { ...seen, ratio: Math.min(seen.ratio, ratio) };
  }
  return { pipeline: single.pipeline, rule: single.rule, kind: line.kind, bytes: Buffer.byteLength(text), ...seen };
}

const time = ({ parser }: SingleRule, text: string) => timed(() => parser.parse(text, parseOptions));
