import type { ProbeEvent } from "./probe";

/** A span of time, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The time of a state: from its first event to the first event of the next state. */
export interface StateSpan extends Span {
  readonly state: string;
  readonly events: readonly ProbeEvent[];
}

/** When an attempt got its response or its error. */
export const endOf = ({ at, took = 0 }: ProbeEvent) => at + took;

export const isSuccess = ({ error }: ProbeEvent) => error === undefined;

export const ofKind = (events: readonly ProbeEvent[], kind: ProbeEvent["kind"]) =>
  events.filter((event) => event.kind === kind);

/** The times of all successful responses, in order. */
export function answers(attempts: readonly ProbeEvent[]): number[] {
  const times = attempts.filter(isSuccess).map(endOf);
  return times.sort((a, b) => a - b);
}

/** The events of a kind, grouped by a field, in the order of its values. */
export function eventsBy(
  events: readonly ProbeEvent[],
  kind: ProbeEvent["kind"],
  field: "subject" | "what" = "subject",
): [string, ProbeEvent[]][] {
  const all = ofKind(events, kind);
  const keyOf = (event: ProbeEvent) => event[field] ?? "";
  const keys = [...new Set(all.map(keyOf))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return keys.map((key) => [key, all.filter((event) => keyOf(event) === key)]);
}

/** The states one after another. The last one lasts until the end. */
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

/** Groups consecutive events with the same key. */
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
