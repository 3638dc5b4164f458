import { answers, done, eventsBy, ofKind, runsOf, type Span, type StateSpan, stateSpans } from "../events";
import { silences } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";
import type { Look } from "./looks";
import { duration } from "./table";

/** A bar on a lane. Times are milliseconds since 1970; a moment has no length. */
export interface Mark extends Span {
  readonly look: Look;
  /** What it shows; the page adds when that was. */
  readonly title: string;
  /** Written on the bar as far as there is room. */
  readonly text?: string;
}

type Lane = readonly [label: string, marks: readonly Mark[]];

/** When the last thing was seen. */
export function endOf({ events, whole }: Trial): number {
  return events.reduce((latest, event) => Math.max(latest, done(event)), whole);
}

/** All that a trial's timeline shows. */
export function lanesOf(trial: Trial): Lane[] {
  const { events, macs } = trial;
  const end = endOf(trial);
  const holding = new Set<string>();
  const holders = ofKind(events, "holder").map(({ subject = "", state, ...event }) => {
    if (state === "yes") holding.add(subject);
    else holding.delete(subject);
    return { ...event, state: [...holding].join(" ") };
  });
  const answers = ofKind(events, "arp").map(({ state = "", ...event }) => {
    return { ...event, state: state.replaceAll(/\S+/g, (mac) => macs[mac] ?? mac) };
  });
  return [
    ...attempts.map((attempt) => attemptLane(ofKind(events, attempt.kind), attempt)),
    ...eventsBy(events, "node").map(([node, asked]) =>
      attemptLane(asked, { kind: "node", label: `By name on ${node}`, slow: 1000, gap: Infinity }),
    ),
    ...eventsBy(events, "watch").map(([watch, told]) =>
      watchLane(`Watch ${watch}`, told, ofKind(events, "write"), end),
    ),
    ...addressLanes("Virtual IP on", Object.values(macs), stateSpans(holders, end)),
    ...addressLanes("ARP answered by", Object.values(macs), stateSpans(answers, end)),
    ...eventsBy(events, "server").flatMap(([balancer, seen]) =>
      eventsBy(seen, "server", "what").map(([server, states]): Lane => {
        return [`${balancer} sees ${server}`, stateSpans(states, end).map(serverMark)];
      }),
    ),
    ...eventsBy(events, "lease").map(([node, seen]) => leaseLane(`Lease of ${node}`, seen, trial.begun)),
  ];
}

interface Attempt {
  readonly kind: ProbeEvent["kind"];
  readonly label: string;
  /** A success that takes longer, in milliseconds, is slow. */
  readonly slow: number;
  /** Gaps between successes from here on are shown, in milliseconds: one attempt was not answered in time. */
  readonly gap: number;
}

const attempts: readonly Attempt[] = [
  { kind: "connect", label: "New connections", slow: 50, gap: 60 },
  { kind: "request", label: "Kept connection", slow: 50, gap: 60 },
  { kind: "write", label: "Writes", slow: 100, gap: 200 },
  { kind: "lookup", label: "Name lookups", slow: 50, gap: Infinity },
];

/** What clients try time and again: successes, slow ones, failures, and gaps between successes. */
function attemptLane(events: readonly ProbeEvent[], { label, slow, gap }: Attempt): Lane {
  const tried = [...events].sort((a, b) => done(a) - done(b));
  const lookOf = ({ error, took = 0, tries = 1 }: ProbeEvent) =>
    error !== undefined ? "failed" : took > slow || tries > 1 ? "slow" : "ok";
  const runs = runsOf(tried, (event) => `${lookOf(event)} ${event.error}`).map(([, run]): Mark => {
    const span = { from: Math.min(...run.map(({ at }) => at)), to: Math.max(...run.map(done)) };
    return { look: run.map(lookOf)[0] ?? "ok", ...span, title: aboutRun(run) };
  });
  const times = answers(events);
  const gaps = times
    .map((to, index): Span => ({ from: times[index - 1] ?? to, to }))
    .filter(({ from, to }) => to - from >= gap)
    .map((span): Mark => ({ look: "gap", ...span, title: "no success", text: duration(span.to - span.from) }));
  return [label, [...gaps, ...runs]];
}

/** What a run of attempts has in common, e.g. `3 failed: connection refused`, `each took 0.4 to 22.0 ms`. */
function aboutRun(run: readonly ProbeEvent[]): string {
  const range = (values: readonly number[], digits: number) =>
    [...new Set([Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)))].join(" to ");
  const took = run.map((event) => event.took ?? 0);
  const numbers = run.map(({ number }) => number).filter((number) => number !== undefined);
  const tries = Math.max(...run.map((event) => event.tries ?? 1));
  const twice = run.filter((event) => event.twice === true).length;
  const error = run[0]?.error;
  return [
    `${run.length} ${error === undefined ? "answered" : `failed: ${error}`}`,
    `each took ${range(took, 1)} ms`,
    ...(numbers.length === 0 ? [] : [`number ${range(numbers, 0)}`]),
    ...(tries > 1 ? [`up to ${tries} tries`] : []),
    ...(twice > 0 ? [`${twice} had been done already when tried again`] : []),
  ].join("\n");
}

/** Writes come every 100 ms; a shorter silence is none. Milliseconds. */
const noSilence = 200;

/** Where a watch is open, where it tells nothing of writes, and where it is gone. */
function watchLane(label: string, told: readonly ProbeEvent[], writes: readonly ProbeEvent[], end: number): Lane {
  const spells = stateSpans(told, end, ({ what }) => (what === "end" ? "gone" : "open"));
  const marks = spells.map(({ state, events, from, to }): Mark => {
    const count = events.filter(({ what }) => what === "event").length;
    return state === "open"
      ? { look: "good", from, to, title: `open, told of ${count} writes` }
      : { look: "bad", from, to, title: `gone: ${events[0]?.error ?? "it ended"}`, text: duration(to - from) };
  });
  const silent = silences(told, writes, { from: told[0]?.at ?? end, to: end })
    .filter(({ from, to }) => to - from >= noSilence)
    .map(({ from, to }): Mark => {
      const title = "open and silent while writes were acknowledged";
      return { look: "doubtful", from, to, title, text: `silent ${duration(to - from)}` };
    });
  return [label, [...marks, ...silent]];
}

/** A lane for each of the hosts that have the virtual IP, or answer for it: the known ones, and others that were seen. */
function addressLanes(label: string, known: readonly string[], states: readonly StateSpan[]): Lane[] {
  const seen = states.map(({ state, from, to }) => ({ hosts: state.split(" ").filter(Boolean), from, to }));
  const all = [...new Set([...known, ...seen.flatMap(({ hosts }) => hosts)])].sort();
  return all.map((host) => {
    const marks = seen
      .filter(({ hosts }) => hosts.includes(host))
      .map(({ hosts, from, to }): Mark => {
        if (hosts.length === 1) return { look: "good", from, to, title: host };
        return { look: "bad", from, to, title: `two at once: ${hosts.join(" and ")}`, text: "two" };
      });
    return [`${label} ${host}`, marks];
  });
}

/** What a HAProxy says of a server for a time. */
function serverMark({ state, from, to }: StateSpan): Mark {
  if (state === "UP" || state === "no check") return { look: "good", from, to, title: state };
  if (state === "?") return { look: "unknown", from, to, title: "HAProxy does not answer", text: state };
  return { look: state === "DOWN" ? "bad" : "doubtful", from, to, title: state, text: state };
}

/** When a kubelet renewed its lease; the time from the fault to the first time after it is written beside that. */
function leaseLane(label: string, seen: readonly ProbeEvent[], begun: number): Lane {
  const times = seen.map(({ renewed = 0 }) => renewed);
  const first = times.find((time) => time > begun);
  const marks = times.map((time): Mark => {
    const text = time === first ? duration(time - begun) : undefined;
    return { look: "renewed", from: time, to: time, title: "renewed", text };
  });
  return [label, marks];
}
