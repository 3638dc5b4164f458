import type { Span } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";

/** How something looks; each look has its place within a lane, so that colour is never the only difference. */
export type Look =
  // attempts: at the top what was answered, in the middle what was slow, at the bottom what failed
  | "ok"
  | "slow"
  | "slow-wait"
  | "failed"
  | "failed-wait"
  | "gap"
  // watches
  | "open"
  | "told"
  | "silent"
  | "ended"
  // the virtual IP
  | "holds"
  | "two"
  // API servers, as a HAProxy sees them
  | "up"
  | "changing"
  | "down"
  | "unknown"
  // leases
  | "renewed";

/** Something to draw: spans that look alike, and what is said of them all when the pointer rests on one. */
export interface Mark {
  readonly look: Look;
  /** Milliseconds since 1970; a moment has no length. */
  readonly spans: readonly Span[];
  readonly title: string;
  /** Written on it where there is room. */
  readonly label?: string;
}

export interface Lane {
  readonly label: string;
  readonly height: number;
  readonly marks: readonly Mark[];
}

/** Lanes under one heading. */
export interface Group {
  readonly title: string;
  readonly lanes: readonly Lane[];
}

export const moment = (at: number): Span => ({ from: at, to: at });

/** A duration with as many digits as tell something: `132 ms`, `1.32 s`, `45.1 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10) return `${milliseconds.toFixed(1)} ms`;
  if (milliseconds < 1000) return `${milliseconds.toFixed(0)} ms`;
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

/** A moment as seconds from the fault: `+1.250 s`. */
export function clock({ begun }: Pick<Trial, "begun">): (at: number) => string {
  return (at) => `${at < begun ? "−" : "+"}${(Math.abs(at - begun) / 1000).toFixed(3)} s`;
}

/** A stretch as seconds from the fault: `+0.100 s to +0.211 s (111 ms)`. */
export function stretch(trial: Pick<Trial, "begun">): (span: Span) => string {
  const at = clock(trial);
  return ({ from, to }) => `${at(from)} to ${at(to)} (${duration(to - from)})`;
}

/** When the last thing was seen. */
export function endOf({ events, whole }: Pick<Trial, "events" | "whole">): number {
  return events.reduce((latest, { at, took = 0 }) => Math.max(latest, at + took), whole);
}

/** Values that follow each other and are alike, together. */
export function runs<T>(values: readonly T[], key: (value: T) => string): (readonly T[])[] {
  const found: T[][] = [];
  let last: string | undefined;
  for (const value of values) {
    const now = key(value);
    if (now === last) found.at(-1)?.push(value);
    else found.push([value]);
    last = now;
  }
  return found;
}

/** The events of a kind, apart by subject, and by what of it where that is asked for; in the order of their names. */
export function bySubject(
  events: readonly ProbeEvent[],
  kind: ProbeEvent["kind"],
): readonly (readonly [string, readonly ProbeEvent[]])[] {
  const found = new Map<string, ProbeEvent[]>();
  for (const event of events) {
    if (event.kind !== kind) continue;
    const subject = event.subject ?? "";
    const of = found.get(subject);
    if (of === undefined) found.set(subject, [event]);
    else of.push(event);
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b, "en", { numeric: true }));
}
