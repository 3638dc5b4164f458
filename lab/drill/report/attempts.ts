import { done, type Span } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";
import { clock, duration, moment, runs, stretch, type Group, type Lane, type Mark } from "./lane";

interface Kind {
  readonly kind: ProbeEvent["kind"];
  readonly title: string;
  /** A success that takes longer, in milliseconds, is slow. */
  readonly slow: number;
}

const kinds: readonly Kind[] = [
  { kind: "connect", title: "New connections", slow: 50 },
  { kind: "request", title: "Kept connection", slow: 50 },
  { kind: "write", title: "Writes", slow: 100 },
  { kind: "lookup", title: "Name lookups", slow: 50 },
];

/** Gaps between successes from here on are shown, in milliseconds: at the pace of each, one that was not answered in time. */
const leastGap: Partial<Record<ProbeEvent["kind"], number>> = { connect: 60, request: 60, write: 200 };
const mostGaps = 6;

/** What clients try time and again: successes, slow ones, failures, and the longest gaps between successes. */
export function attemptGroups(trial: Trial): Group[] {
  return kinds.map((kind) => ({ title: kind.title, lanes: [attemptLane(trial, kind)] }));
}

function attemptLane(trial: Trial, { kind, slow }: Kind): Lane {
  const attempts = trial.events.filter((event) => event.kind === kind).sort((a, b) => done(a) - done(b));
  const speed = (event: ProbeEvent) =>
    (event.took ?? 0) > slow || (event.tries ?? 1) > 1 || event.twice === true ? "slow" : "ok";
  const alike = runs(attempts, (event) => event.error ?? speed(event));
  const gaps = gapMarks(trial, kind);
  const marks = alike.flatMap((run): Mark[] => {
    const [first] = run;
    if (first === undefined) return [];
    const waits = run.map((event) => ({ from: event.at, to: done(event) }));
    const title = say(trial, run);
    if (first.error !== undefined) {
      return [
        { look: "failed-wait", spans: waits, title },
        { look: "failed", spans: run.map(({ at }) => moment(at)), title },
      ];
    }
    const answers = run.map((event) => moment(done(event)));
    if (speed(first) === "ok") return [{ look: "ok", spans: answers, title }];
    return [
      { look: "slow-wait", spans: waits, title },
      { look: "slow", spans: answers, title },
    ];
  });
  return { label: "", height: kind === "lookup" ? 21 : 33, marks: [...gaps, ...marks] };
}

/** What a run of attempts has in common, e.g. `3 failed, +0.099 s to +0.120 s (21 ms): connection refused, each 0.4 to 22 ms`. */
function say(trial: Trial, run: readonly ProbeEvent[]): string {
  const [first] = run;
  const took = run.map((event) => event.took ?? 0);
  const [least, most] = [Math.min(...took), Math.max(...took)];
  const from = Math.min(...run.map(({ at }) => at));
  const when = stretch(trial)({ from, to: Math.max(...run.map(done)) });
  const each = run.length === 1 ? "" : ` took ${duration(least)} to ${duration(most)} each`;
  const numbers = run.flatMap(({ number }) => (number === undefined ? [] : [number]));
  const which =
    numbers.length === 0
      ? ""
      : `, number ${Math.min(...numbers)}${run.length > 1 ? ` to ${Math.max(...numbers)}` : ""}`;
  const tries = Math.max(...run.map((event) => event.tries ?? 1));
  const twice = run.filter((event) => event.twice === true).length;
  return [
    `${run.length} ${first?.error === undefined ? "answered" : "failed"}, ${when}${which}`,
    ...(first?.error === undefined ? [] : [first.error]),
    ...(each === "" ? [] : [each.trim()]),
    ...(tries > 1 ? [`up to ${tries} tries`] : []),
    ...(twice > 0 ? [`${twice} had been done already when tried again`] : []),
  ].join("\n");
}

function gapMarks(trial: Trial, kind: ProbeEvent["kind"]): Mark[] {
  const at = clock(trial);
  return gapsOf(trial.events, kind).map((gap) => ({
    look: "gap",
    spans: [gap],
    title: `no success for ${duration(gap.to - gap.from)}, ${at(gap.from)} to ${at(gap.to)}`,
    label: duration(gap.to - gap.from),
  }));
}

/** The longest gaps between the successes of a kind, the longest first; none of what is tried but now and then. */
export function gapsOf(events: readonly ProbeEvent[], kind: ProbeEvent["kind"]): Span[] {
  const least = leastGap[kind] ?? Infinity;
  const answered = events
    .filter((event) => event.kind === kind && event.error === undefined)
    .map(done)
    .sort((a, b) => a - b);
  return answered
    .slice(1)
    .map((to, index): Span => ({ from: answered[index] ?? to, to }))
    .filter(({ from, to }) => to - from >= least)
    .sort((a, b) => b.to - b.from - (a.to - a.from))
    .slice(0, mostGaps);
}
