import { answers, endOf, eventsBy, ofKind, runsOf, type Span, type StateSpan, stateSpans } from "../events";
import { silences } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";
import type { Look } from "./looks";
import { duration } from "./table";

/** A bar on a lane. Times are in milliseconds since 1970; for a moment, both are equal. */
export interface Mark extends Span {
  readonly look: Look;
  /** The tooltip; the page adds the time. */
  readonly title: string;
  /** The text on the bar, cut to its width. */
  readonly text?: string;
}

type Lane = readonly [label: string, marks: readonly Mark[]];

/** The end of a trial's timeline: its last event. */
export function timelineEnd({ events, steadyAt }: Trial): number {
  return events.reduce((latest, event) => Math.max(latest, endOf(event)), steadyAt);
}

/** All lanes of a trial's timeline. */
export function lanesOf(trial: Trial): Lane[] {
  const { events, macs } = trial;
  const end = timelineEnd(trial);
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
      attemptLane(asked, { kind: "node", label: `By the name on ${node}`, slow: 1000, gap: Infinity }),
    ),
    ...eventsBy(events, "watch").map(([watch, reported]) =>
      watchLane(`Watch ${watch}`, reported, ofKind(events, "write"), end),
    ),
    ...addressLanes("Virtual IP on", Object.values(macs), stateSpans(holders, end)),
    ...addressLanes("ARP answered by", Object.values(macs), stateSpans(answers, end)),
    ...eventsBy(events, "server").flatMap(([balancer, seen]) =>
      eventsBy(seen, "server", "what").map(([server, states]): Lane => {
        return [`${balancer} sees ${server}`, stateSpans(states, end).map(serverMark)];
      }),
    ),
    ...eventsBy(events, "lease").map(([node, seen]) => leaseLane(`Lease of ${node}`, seen, trial.injectionStarted)),
  ];
}

interface Attempt {
  readonly kind: ProbeEvent["kind"];
  readonly label: string;
  /** Milliseconds; a success that takes longer is slow. */
  readonly slow: number;
  /** Milliseconds; a gap between two successes is shown from here on. */
  readonly gap: number;
}

const attempts: readonly Attempt[] = [
  { kind: "connect", label: "New connections", slow: 50, gap: 60 },
  { kind: "request", label: "Persistent connection", slow: 50, gap: 60 },
  { kind: "write", label: "Writes", slow: 100, gap: 200 },
  { kind: "lookup", label: "Name lookups", slow: 50, gap: Infinity },
];

/** A lane of repeated attempts: successes, slow ones, failures, and gaps between successes. */
function attemptLane(events: readonly ProbeEvent[], { label, slow, gap }: Attempt): Lane {
  const tried = [...events].sort((a, b) => endOf(a) - endOf(b));
  const lookOf = ({ error, took = 0, tries = 1 }: ProbeEvent) =>
    error !== undefined ? "failed" : took > slow || tries > 1 ? "slow" : "ok";
  const runs = runsOf(tried, (event) => `${lookOf(event)} ${event.error}`).map(([, run]): Mark => {
    const span = { from: Math.min(...run.map(({ at }) => at)), to: Math.max(...run.map(endOf)) };
    return { look: run.map(lookOf)[0] ?? "ok", ...span, title: aboutRun(run) };
  });
  const times = answers(events);
  const gaps = times
    .map((to, index): Span => ({ from: times[index - 1] ?? to, to }))
    .filter(({ from, to }) => to - from >= gap)
    .map((span): Mark => ({ look: "gap", ...span, title: "no success", text: duration(span.to - span.from) }));
  return [label, [...gaps, ...runs]];
}

/** A summary of consecutive attempts, e.g. `3 failed: connection refused`, `each took 0.4 to 22.0 ms`. */
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
    ...(twice > 0 ? [`${twice} had succeeded before a retry`] : []),
  ].join("\n");
}

/** Milliseconds. A shorter silence is not shown: writes come every 100 ms. */
const shortestSilence = 200;

/** When a watch is open, when it does not report writes, and when it is closed. */
function watchLane(label: string, reported: readonly ProbeEvent[], writes: readonly ProbeEvent[], end: number): Lane {
  const spans = stateSpans(reported, end, ({ what }) => (what === "end" ? "closed" : "open"));
  const marks = spans.map(({ state, events, from, to }): Mark => {
    const count = events.filter(({ what }) => what === "event").length;
    return state === "open"
      ? { look: "good", from, to, title: `open, reported ${count} writes` }
      : { look: "bad", from, to, title: `closed: ${events[0]?.error ?? "it ended"}`, text: duration(to - from) };
  });
  const silent = silences(reported, writes, { from: reported[0]?.at ?? end, to: end })
    .filter(({ from, to }) => to - from >= shortestSilence)
    .map(({ from, to }): Mark => {
      const title = "open and silent while writes were acknowledged";
      return { look: "doubtful", from, to, title, text: `silent ${duration(to - from)}` };
    });
  return [label, [...marks, ...silent]];
}

/** A lane for each host that holds the virtual IP or answers for it: the load balancers, and other hosts that were observed. */
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

/** The status of a server in a HAProxy. */
function serverMark({ state, from, to }: StateSpan): Mark {
  if (state === "UP" || state === "no check") return { look: "good", from, to, title: state };
  if (state === "?") return { look: "unknown", from, to, title: "HAProxy does not answer", text: state };
  return { look: state === "DOWN" ? "bad" : "doubtful", from, to, title: state, text: state };
}

/** The renewals of a kubelet's lease. The first one after the fault has its time as text. */
function leaseLane(label: string, seen: readonly ProbeEvent[], injectionStarted: number): Lane {
  const times = seen.map(({ renewed = 0 }) => renewed);
  const first = times.find((time) => time > injectionStarted);
  const marks = times.map((time): Mark => {
    const text = time === first ? duration(time - injectionStarted) : undefined;
    return { look: "renewed", from: time, to: time, title: "renewed", text };
  });
  return [label, marks];
}
