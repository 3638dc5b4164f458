import { median } from "../base/figures";
import { answers, done, eventsBy, isSuccess, ofKind, runsOf, type Span, stateSpans } from "./events";
import type { ProbeEvent } from "./probe";

/** What clients of one kind met. Times in milliseconds. */
interface Attempts {
  readonly attempts: number;
  readonly failed: number;
  /** Longest time between two successes that follow each other, by when they were answered. */
  readonly blackout: number;
  /** The slowest success. */
  readonly slowest: number;
  /** How long the middle one of the failures took: an error at once, or a wait. */
  readonly failedAfter?: number;
}

export interface Measured {
  /** New connections to `/readyz`, one every 20 ms. */
  readonly connect: Attempts;
  /** Reads from the API server's cache on one kept connection, one every 20 ms. */
  readonly request: Attempts;
  /** ConfigMaps created, one every 100 ms; each is tried until it is acknowledged. */
  readonly write: Attempts & {
    /** Done already when they were tried again: what a client that does not look would have done twice. */
    readonly twice: number;
  };
  readonly watch: {
    readonly held: number;
    readonly broken: number;
    /** The longest time from a broken watch's last word until it was open again. */
    readonly outFor: number;
    /** Acknowledged writes that a watch never told of. */
    readonly missed: number;
    /**
     * The longest time that a watch which stayed open told nothing after a write had been acknowledged that it had not told
     * of: its connection is dead, and neither end knows.
     */
    readonly silent: number;
  };
  /** Requests by the name on the nodes, one a second on each; none where the drill asks for none. */
  readonly node: Attempts;
  /** Milliseconds from the fault until the last kubelet of a host that was not struck had renewed its lease; undefined where one has not. */
  readonly leases?: number;
  /** How often the virtual IP came to be on another load balancer. */
  readonly moves: number;
  /** Milliseconds for which two hosts answered for the virtual IP. */
  readonly twoAnswer: number;
}

/** What was measured in a trial. */
export interface Parts {
  /** From the fault until the drill ends it; if the stack recovers by itself, until everything works again. */
  readonly during: Measured;
  /** From the end of the fault until everything works again, e.g. a fail-back. Undefined if the stack recovers by itself. */
  readonly after?: Measured;
}

/** A figure of a trial that adds up. */
export function throughout({ during, after }: Parts, figure: (measured: Measured) => number): number {
  return figure(during) + (after === undefined ? 0 : figure(after));
}

/** The longest blackout of new connections in a trial, in milliseconds. */
export function blackoutOf({ during, after }: Parts): number {
  return Math.max(during.connect.blackout, after?.connect.blackout ?? 0);
}

/** One fault and what was seen of it. */
export interface Observation {
  readonly events: readonly ProbeEvent[];
  /** The time that is measured: one of the two parts of {@link Parts}. */
  readonly span: Span;
  /** Hosts that were struck, whose own leases are not asked about. */
  readonly struck?: readonly string[];
  /** Gaps count from the span's begin at the earliest: what was there before is another span's. Default: whole gaps. */
  readonly clipped?: boolean;
}

/** Writes that were acknowledged, whenever that was, and are not there afterwards. */
export function lostWrites(events: readonly ProbeEvent[], kept: ReadonlySet<number>): number {
  return ofKind(events, "write").filter((write) => isSuccess(write) && !kept.has(write.number ?? 0)).length;
}

/** What clients met in a span of a drill. */
export function measure({ events, span, struck = [], clipped = false }: Observation): Measured {
  const of = (kind: ProbeEvent["kind"]) => attempts(ofKind(events, kind), span, clipped);
  const writes = within(ofKind(events, "write"), span);
  return {
    connect: of("connect"),
    request: of("request"),
    write: { ...of("write"), twice: writes.filter(({ twice }) => twice === true).length },
    watch: watches(events, span, writes.filter(isSuccess)),
    node: of("node"),
    leases: leases(events, span.from, struck),
    moves: ofKind(events, "holder").filter(({ state, at }) => state === "yes" && at >= span.from && at < span.to)
      .length,
    twoAnswer: twoAnswer(events, span),
  };
}

/** Attempts that ended in a span: those that were under way when it began are among them. */
function within(tried: readonly ProbeEvent[], { from, to }: Span): ProbeEvent[] {
  return tried.filter((event) => done(event) >= from && done(event) < to);
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
 * The longest gap between two times that follow each other, of those gaps that reach into a span; times are in order.
 *
 * @param clipped gaps count from the span's begin at the earliest
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
  for (const [, told] of all) {
    // a watch that cannot be opened ends again and again: one outage, from the last word to the next that it opens
    const runs = runsOf(told, ({ what }) => (what === "end" ? "out" : "open")).map(([, run]) => run);
    const outages = runs.filter((run) => run.some(({ what, at }) => what === "end" && at >= from && at < to));
    for (const outage of outages) {
      const index = runs.indexOf(outage);
      const lastWord = runs[index - 1]?.at(-1)?.at ?? from;
      outFor = Math.max(outFor, (runs[index + 1]?.[0]?.at ?? to) - Math.max(lastWord, from));
    }
    if (outages.length > 0) broken++;
    const known = new Set(told.map(({ what, number }) => (what === "event" ? number : undefined)));
    missed += acknowledged.filter(({ number }) => !known.has(number)).length;
    const unbroken = silences(told, acknowledged, { from, to }).filter((silence) => !silence.broken);
    silent = Math.max(silent, ...unbroken.map((silence) => silence.to - silence.from));
  }
  return { held: all.length, broken, outFor, missed, silent };
}

interface Silence extends Span {
  /** The watch's end ended it, and counts as broken and out. */
  readonly broken: boolean;
}

/** When a watch was open and told nothing of writes that had been acknowledged: from the first of these to its next word. */
export function silences(told: readonly ProbeEvent[], writes: readonly ProbeEvent[], { from, to }: Span): Silence[] {
  const acknowledged = writes.filter(isSuccess).sort((a, b) => done(a) - done(b));
  const known = new Set<number>();
  const found: Silence[] = [];
  let next = 0;
  for (const [index, { what, at, number = 0 }] of told.entries()) {
    if (what === "event") known.add(number);
    if (what === "end") continue;
    const word = told[index + 1];
    const until = Math.min(word?.at ?? to, to);
    let write = acknowledged[next];
    while (write !== undefined && (done(write) < Math.max(at, from) || known.has(write.number ?? 0))) {
      write = acknowledged[++next];
    }
    if (write === undefined || done(write) >= until) continue;
    found.push({ from: done(write), to: until, broken: word?.what === "end" && word.at < to });
  }
  return found;
}

/** A kubelet renews every 10 s: the cure may come first. */
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
