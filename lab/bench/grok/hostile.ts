import { FIXTURE_CLOCK } from "../../../grok/check";
import { timed } from "./clock";
import { commonLines, type HostileLine, nearLines } from "./hostile-lines";
import { type PipelineFile, type SingleRule, singleRules } from "./rule-sets";

/** What hostile lines do to the rules. */
export interface Hostile {
  readonly rules: number;
  /** Pairs of a rule and a line that were tried at the small size, and those tried up to the full one. */
  readonly tried: number;
  readonly triedInFull: number;
  /** The line that took longest, at the full size. */
  readonly longest: Measured;
  /** The line whose time grew most from a quarter to the full size, among those that take 20 ms or more. */
  readonly steepest: Measured | undefined;
  /** None grew by clearly more than its length did. */
  readonly linear: boolean;
}

export interface Measured {
  readonly pipeline: string;
  readonly rule: string;
  readonly kind: string;
  readonly bytes: number;
  readonly milliseconds: number;
  readonly quarterMilliseconds: number;
  /** Time at the full size by time at a quarter of it: 4 is linear. */
  readonly ratio: number;
}

/** The full size, and the sizes at which a line is looked at before. */
const FULL = 1_000_000;
const SMALL = 16_000;
/** Lines of a rule that are tried up to the full size: those that took longest per character at the small one, or grew most. */
const IN_FULL = 4;
/** Beyond this the growth from a quarter to the full size is called steeper than the line's; collections of garbage cost some. */
const STEEP = 6.5;

const options = { now: FIXTURE_CLOCK };

export function hostile(files: readonly PipelineFile[], progress: (done: number, of: number) => void): Hostile {
  const rules = files.flatMap(singleRules);
  const common = commonLines();
  const measured: Measured[] = [];
  let tried = 0;
  for (const [index, rule] of rules.entries()) {
    const lines = [...common, ...rule.samples.flatMap(nearLines)];
    tried += lines.length;
    for (const line of suspects(rule, lines)) measured.push(measure(rule, line));
    progress(index + 1, rules.length);
  }
  const slow = measured.filter(
    ({ milliseconds, quarterMilliseconds }) => milliseconds >= 20 && quarterMilliseconds >= 2,
  );
  const steepest = slow.reduce<Measured | undefined>(
    (a, b) => (a === undefined || b.ratio > a.ratio ? b : a),
    undefined,
  );
  return {
    rules: rules.length,
    tried,
    triedInFull: measured.length,
    longest: measured.reduce((a, b) => (b.milliseconds > a.milliseconds ? b : a)),
    steepest,
    linear: steepest === undefined || steepest.ratio <= STEEP,
  };
}

/** The lines that are worth the full size: slow at the small one, or slower by more than they are longer. */
function suspects(rule: SingleRule, lines: readonly HostileLine[]): HostileLine[] {
  const seen = lines.map((line) => {
    const [quarter, small] = [SMALL / 4, SMALL].map((size) => time(rule, line.make(size)));
    return { line, small: small!, growth: small! > 0.5 ? small! / quarter! : 0 };
  });
  const most = (by: "small" | "growth") =>
    [...seen]
      .sort((a, b) => b[by] - a[by])
      .slice(0, IN_FULL / 2)
      .map(({ line }) => line);
  return [...new Set([...most("small"), ...most("growth")])];
}

function measure(single: SingleRule, line: HostileLine): Measured {
  const { pipeline, rule } = single;
  const texts = [FULL / 4, FULL].map((size) => line.make(size));
  let [quarter, full] = texts.map((text) => time(single, text));
  // A collection of garbage may fall into either: what looks steep is looked at twice more.
  for (let again = 0; again < 2 && full! > 20 && full! / quarter! > 5; again++) {
    const [nextQuarter, nextFull] = texts.map((text) => time(single, text));
    if (nextFull! / nextQuarter! < full! / quarter!) [quarter, full] = [nextQuarter, nextFull];
  }
  return {
    pipeline,
    rule,
    kind: line.kind,
    bytes: Buffer.byteLength(texts[1]!),
    milliseconds: full!,
    quarterMilliseconds: quarter!,
    ratio: full! / quarter!,
  };
}

function time({ parser }: SingleRule, text: string): number {
  return timed(() => parser.parse(text, options));
}
