import { done, watchesOf, type Span } from "../measure";
import type { Trial } from "../trial";
import { gapsOf } from "./attempts";
import { endOf, runs } from "./lane";

/** How much is shown before and after what happened, in milliseconds. */
const before = 200;
const after = 600;
const afterFault = 1000;

/** The most close-ups beside each other, and the longest one. */
const most = 4;
const longest = 4000;

/** From shortly before the fault until all has calmed down. */
export function wholeView(trial: Trial): Span {
  const last = disturbances(trial).reduce((latest, at) => Math.max(latest, at), trial.whole);
  return { from: trial.begun - 1000, to: Math.min(last + 1000, endOf(trial)) };
}

/** Where to look closely: around the fault and around whatever else clients felt, in order of time. */
export function closeUps(trial: Trial): Span[] {
  const points = [...disturbances(trial)].sort((a, b) => a - b);
  const windows: { span: Span; points: number }[] = [
    {
      span: { from: trial.begun - before, to: Math.max(trial.begun + afterFault, trial.done + before) },
      points: Infinity,
    },
  ];
  for (const point of points) {
    const last = windows.at(-1);
    const next = { from: point - before, to: point + after };
    if (last !== undefined && next.from <= last.span.to) {
      windows[windows.length - 1] = {
        span: { from: last.span.from, to: Math.max(last.span.to, next.to) },
        points: last.points + 1,
      };
    } else windows.push({ span: next, points: 1 });
  }
  return windows
    .flatMap(({ span, points }) => edges(span).map((edge) => ({ span: edge, points })))
    .sort((a, b) => b.points - a.points)
    .slice(0, most)
    .map(({ span }) => span)
    .sort((a, b) => a.from - b.from);
}

/** Of a disturbance that is too long to be seen closely, its beginning and its end. */
function edges(span: Span): Span[] {
  if (span.to - span.from <= longest) return [span];
  const half = longest / 2;
  return [
    { from: span.from, to: span.from + half },
    { from: span.to - half, to: span.to },
  ];
}

/** When something began or ended that clients felt, or the virtual IP moved; from the fault on. */
function disturbances(trial: Trial): number[] {
  const points: number[] = [];
  for (const kind of ["connect", "request", "write", "lookup"] as const) {
    const attempts = trial.events.filter((event) => event.kind === kind);
    for (const run of runs(attempts, ({ error }) => (error === undefined ? "" : "failed"))) {
      const [first, last] = [run[0], run.at(-1)];
      if (first?.error !== undefined && last !== undefined) points.push(first.at, done(last));
    }
    points.push(...gapsOf(trial.events, kind).flatMap(({ from, to }) => [from, to]));
  }
  for (const told of watchesOf(trial.events).values()) {
    for (const run of runs(told, ({ what }) => (what === "event" ? "told" : "open or ended"))) {
      if (run[0]?.what !== "event") points.push(run[0]?.at ?? trial.begun, run.at(-1)?.at ?? trial.begun);
    }
  }
  for (const { kind, at } of trial.events) if (kind === "holder" || kind === "arp") points.push(at);
  return points.filter((at) => at >= trial.begun);
}
