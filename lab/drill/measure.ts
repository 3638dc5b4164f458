import { median } from "../base/figures";
import { answers, endOf, eventsBy, isSuccess, ofKind, runsOf, type Span, stateSpans } from "./events";
import type { ProbeEvent } from "./probe";

/** The results of one kind of client. Times are in milliseconds. */
interface Attempts {
  readonly attempts: number;
  readonly failed: number;
  /** The longest time between two consecutive successful responses. */
  readonly blackout: number;
  /** The duration of the slowest success. */
  readonly slowest: number;
  /** The median duration of the failures: shows whether they fail at once or after a timeout. */
  readonly failedAfter?: number;
}

export interface Measured {
  /** New connections to `/readyz`, one every 20 ms. */
  readonly connect: Attempts;
  /** Reads from the API server's cache on one persistent connection, one every 20 ms. */
  readonly request: Attempts;
  /** Creations of ConfigMaps, one every 100 ms. Each is retried until it is acknowledged. */
  readonly write: Attempts & {
    /** Writes that had succeeded before a retry: without a check, a client would have done them twice. */
    readonly twice: number;
  };
  readonly watch: {
    readonly held: number;
    readonly broken: number;
    /** The longest time from a broken watch's last event until it was open again. */
    readonly outFor: number;
    /** Acknowledged writes that a watch never reported. */
    readonly missed: number;
    /**
     * The longest time that an open watch reported nothing although it had not reported an acknowledged write: its connection is
     * dead, and neither end knows.
     */
    readonly silent: number;
  };
  /** Requests by the name on the nodes, one a second on each; none unless the fault has `onNodes`. */
  readonly node: Attempts;
  /** Milliseconds from the fault until every kubelet that is not a target had renewed its lease; undefined if one had not. */
  readonly leases?: number;
  /** How often the virtual IP moved to another load balancer. */
  readonly moves: number;
  /** Milliseconds for which two hosts answered ARP for the virtual IP. */
  readonly twoAnswer: number;
}

/** The measurements of a trial. */
export interface Parts {
  /** From the fault to its recovery; if the stack recovers by itself, to the steady state. */
  readonly during: Measured;
  /** From the recovery to the steady state, e.g. a fail-back. Undefined if the stack recovers by itself. */
  readonly after?: Measured;
}

/** The sum of a figure over a trial. */
export function throughout({ during, after }: Parts, figure: (measured: Measured) => number): number {
  return figure(during) + (after === undefined ? 0 : figure(after));
}

/** The longest blackout of new connections in a trial, in milliseconds. */
export function blackoutOf({ during, after }: Parts): number {
  return Math.max(during.connect.blackout, after?.connect.blackout ?? 0);
}

/** The events of a trial, and the part of it that is measured. */
export interface Observation {
  readonly events: readonly ProbeEvent[];
  /** The measured time: one of the two {@link Parts}. */
  readonly span: Span;
  /** The fault's targets; their leases are ignored. */
  readonly targets?: readonly string[];
  /**
   * A gap counts from the beginning of the span at the earliest.
   *
   * @default false: a gap counts from its own beginning
   */
  readonly clipped?: boolean;
}

/** The number of acknowledged writes that are missing afterwards. */
export function lostWrites(events: readonly ProbeEvent[], kept: ReadonlySet<number>): number {
  return ofKind(events, "write").filter((write) => isSuccess(write) && !kept.has(write.number ?? 0)).length;
}

/** Measures the clients' results in a span. */
export function measure({ events, span, targets = [], clipped = false }: Observation): Measured {
  const of = (kind: ProbeEvent["kind"]) => attempts(ofKind(events, kind), span, clipped);
  const writes = within(ofKind(events, "write"), span);
  return {
    connect: of("connect"),
    request: of("request"),
    write: { ...of("write"), twice: writes.filter(({ twice }) => twice === true).length },
    watch: watches(events, span, writes.filter(isSuccess)),
    node: of("node"),
    leases: leases(events, span.from, targets),
    moves: ofKind(events, "holder").filter(({ state, at }) => state === "yes" && at >= span.from && at < span.to)
      .length,
    twoAnswer: twoAnswer(events, span),
  };
}

/** Attempts that ended in a span, including those that began before it. */
function within(tried: readonly ProbeEvent[], { from, to }: Span): ProbeEvent[] {
  return tried.filter((event) => endOf(event) >= from && endOf(event) < to);
}

function attempts(tried: readonly ProbeEvent[], span: Span, clipped: boolean): Attempts {
  const all = within(tried, span);
  const took = (some: readonly ProbeEvent[]) => some.map(({ took = 0 }) => took);
  const failures = all.filter((event) => !isSuccess(event));
  return {
    attempts: all.length,
    failed: failures.length,
    blackout: longestGap(answers(tried), span, clipped),
    slowest: Math.max(0, ...took(all.filter(isSuccess))),
    ...(failures.length === 0 ? {} : { failedAfter: median(took(failures)) }),
  };
}

/**
 * The longest gap between two consecutive times, of the gaps that overlap a span.
 *
 * @param times in ascending order
 * @param clipped a gap counts from the beginning of the span at the earliest
 */
export function longestGap(times: readonly number[], { from, to }: Span, clipped = false): number {
  let longest = 0;
  for (const [index, time] of times.entries()) {
    const next = times[index + 1] ?? Math.max(to, time);
    if (next > from && time < to) longest = Math.max(longest, next - (clipped ? Math.max(time, from) : time));
  }
  const [first = to] = times;
  return Math.max(longest, first > from ? Math.min(first, to) - from : 0);
}

function watches(
  events: readonly ProbeEvent[],
  { from, to }: Span,
  acknowledged: readonly ProbeEvent[],
): Measured["watch"] {
  const all = eventsBy(events, "watch");
  let [broken, outFor, missed, silent] = [0, 0, 0, 0];
  for (const [, reported] of all) {
    // a watch that cannot be reopened ends repeatedly: one outage, from its last event until it is open again
    const runs = runsOf(reported, ({ what }) => (what === "end" ? "out" : "open")).map(([, run]) => run);
    const outages = runs.filter((run) => run.some(({ what, at }) => what === "end" && at >= from && at < to));
    for (const outage of outages) {
      const index = runs.indexOf(outage);
      const lastEvent = runs[index - 1]?.at(-1)?.at ?? from;
      outFor = Math.max(outFor, (runs[index + 1]?.[0]?.at ?? to) - Math.max(lastEvent, from));
    }
    if (outages.length > 0) broken++;
    const known = new Set(reported.map(({ what, number }) => (what === "event" ? number : undefined)));
    missed += acknowledged.filter(({ number }) => !known.has(number)).length;
    const unbroken = silences(reported, acknowledged, { from, to }).filter((silence) => !silence.broken);
    silent = Math.max(silent, ...unbroken.map((silence) => silence.to - silence.from));
  }
  return { held: all.length, broken, outFor, missed, silent };
}

interface Silence extends Span {
  /** The watch ended, so the time counts as an outage instead. */
  readonly broken: boolean;
}

/** The times when an open watch did not report acknowledged writes: from the first such write to the watch's next event. */
export function silences(
  reported: readonly ProbeEvent[],
  writes: readonly ProbeEvent[],
  { from, to }: Span,
): Silence[] {
  const acknowledged = writes.filter(isSuccess).sort((a, b) => endOf(a) - endOf(b));
  const known = new Set<number>();
  const found: Silence[] = [];
  let next = 0;
  for (const [index, { what, at, number = 0 }] of reported.entries()) {
    if (what === "event") known.add(number);
    if (what === "end") continue;
    const following = reported[index + 1];
    const until = Math.min(following?.at ?? to, to);
    let write = acknowledged[next];
    while (write !== undefined && (endOf(write) < Math.max(at, from) || known.has(write.number ?? 0))) {
      write = acknowledged[++next];
    }
    if (write === undefined || endOf(write) >= until) continue;
    found.push({ from: endOf(write), to: until, broken: following?.what === "end" && following.at < to });
  }
  return found;
}

/** A kubelet renews its lease every 10 s, so this may be after the recovery began. */
function leases(events: readonly ProbeEvent[], from: number, except: readonly string[]): number | undefined {
  const nodes = eventsBy(events, "lease").filter(([node]) => !except.includes(node));
  const first = nodes.map(([, seen]) => seen.find(({ renewed = 0 }) => renewed > from)?.renewed ?? Infinity);
  const last = Math.max(...first);
  return Number.isFinite(last) ? last - from : undefined;
}

function twoAnswer(events: readonly ProbeEvent[], { from, to }: Span): number {
  return stateSpans(ofKind(events, "arp"), to)
    .filter(({ state }) => state.includes(" "))
    .reduce((total, two) => total + Math.max(0, Math.min(two.to, to) - Math.max(two.from, from)), 0);
}
