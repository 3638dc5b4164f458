import type { ProbeEvent } from "./probe";

/** A stretch of time, milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A state, from its first event until the first event of the next state. */
export interface StateSpan extends Span {
  readonly state: string;
  readonly events: readonly ProbeEvent[];
}

/** When an attempt had its answer, or its error. */
export const done = ({ at, took = 0 }: ProbeEvent) => at + took;

export const isSuccess = ({ error }: ProbeEvent) => error === undefined;

export const ofKind = (events: readonly ProbeEvent[], kind: ProbeEvent["kind"]) =>
  events.filter((event) => event.kind === kind);

/** When each successful attempt was answered, in order. */
export function answers(attempts: readonly ProbeEvent[]): number[] {
  const times = attempts.filter(isSuccess).map(done);
  return times.sort((a, b) => a - b);
}

/** The events of a kind by a part of them, in the order of its values. */
export function eventsBy(
  events: readonly ProbeEvent[],
  kind: ProbeEvent["kind"],
  part: "subject" | "what" = "subject",
): [string, ProbeEvent[]][] {
  const all = ofKind(events, kind);
  const keyOf = (event: ProbeEvent) => event[part] ?? "";
  const keys = [...new Set(all.map(keyOf))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return keys.map((key) => [key, all.filter((event) => keyOf(event) === key)]);
}

/** One state after another; the last one until the end. */
export function stateSpans(
  events: readonly ProbeEvent[],
  end: number,
  stateOf = ({ state = "" }: ProbeEvent) => state,
): StateSpan[] {
  return runsOf(events, stateOf).map(([state, run], index, runs) => {
    const from = run[0]?.at ?? end;
    return { state, events: run, from, to: Math.max(from, runs[index + 1]?.[1][0]?.at ?? end) };
  });
}

/** Events that follow each other and have the same key, together. */
export function runsOf(
  events: readonly ProbeEvent[],
  key: (event: ProbeEvent) => string,
): (readonly [string, readonly ProbeEvent[]])[] {
  const runs: [string, ProbeEvent[]][] = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (last?.[0] === key(event)) last[1].push(event);
    else runs.push([key(event), [event]]);
  }
  return runs;
}
