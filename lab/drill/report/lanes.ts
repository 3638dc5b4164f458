import { answers, done, eventsBy, runsOf, type Span, stretches } from "../events";
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

interface Lane {
  readonly label: string;
  readonly marks: readonly Mark[];
}

/** When the last thing was seen. */
export function endOf({ events, whole }: Trial): number {
  return events.reduce((latest, event) => Math.max(latest, done(event)), whole);
}

/** All that a trial's timeline shows. */
export function lanesOf(trial: Trial): Lane[] {
  const { events } = trial;
  const end = endOf(trial);
  return [
    ...attempts.map((attempt) => attemptLane(events, attempt)),
    ...eventsBy(events, "watch").map(([subject, told]) => watchLane(subject, told, events, end)),
    ...holderLanes(events, end),
    ...answerLanes(trial, end),
    ...serverLanes(events, end),
    ...leaseLanes(trial),
  ];
}

const lengthOf = ({ from, to }: Span) => duration(to - from);

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
function attemptLane(events: readonly ProbeEvent[], { kind, label, slow, gap }: Attempt): Lane {
  const tried = events.filter((event) => event.kind === kind).sort((a, b) => done(a) - done(b));
  const lookOf = ({ error, took = 0, tries = 1 }: ProbeEvent) =>
    error !== undefined ? "failed" : took > slow || tries > 1 ? "slow" : "ok";
  const runs = runsOf(tried, (event) => `${lookOf(event)} ${event.error}`).map(([, run]): Mark => {
    const span = { from: Math.min(...run.map(({ at }) => at)), to: Math.max(...run.map(done)) };
    return { look: run.map(lookOf)[0] ?? "ok", ...span, title: aboutRun(run) };
  });
  const times = answers(events, kind);
  const gaps = times
    .map((to, index): Span => ({ from: times[index - 1] ?? to, to }))
    .filter(({ from, to }) => to - from >= gap)
    .map((span): Mark => ({ look: "gap", ...span, title: "no success", text: lengthOf(span) }));
  return { label, marks: [...gaps, ...runs] };
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
function watchLane(subject: string, told: readonly ProbeEvent[], events: readonly ProbeEvent[], end: number): Lane {
  const writes = events.filter(({ kind }) => kind === "write");
  const spells = stretches(told, end, ({ what }) => (what === "end" ? "ended" : "open")).map((spell): Mark => {
    const { state, from, to } = spell;
    const count = spell.events.filter(({ what }) => what === "event").length;
    return state === "open"
      ? { look: "open", from, to, title: `open, told of ${count} writes` }
      : { look: "ended", from, to, title: `gone: ${spell.events[0]?.error ?? "it ended"}`, text: lengthOf(spell) };
  });
  const silent = silences(told, writes, { from: told[0]?.at ?? end, to: end })
    .filter(({ from, to }) => to - from >= noSilence)
    .map(({ from, to }): Mark => {
      const title = "open and silent while writes were acknowledged";
      return { look: "silent", from, to, title, text: `silent ${duration(to - from)}` };
    });
  return { label: `Watch ${subject}`, marks: [...spells, ...silent] };
}

/** Which load balancers have the virtual IP as an address. */
function holderLanes(events: readonly ProbeEvent[], end: number): Lane[] {
  const holding = new Set<string>();
  const changes = events
    .filter(({ kind }) => kind === "holder")
    .map((event) => {
      const { subject = "", state } = event;
      if (state === "yes") holding.add(subject);
      else holding.delete(subject);
      return { ...event, state: [...holding].join(" ") };
    });
  const names = eventsBy(events, "holder").map(([name]) => name);
  return addressLanes("Virtual IP on", names, changes, end);
}

/** Which hosts answer for the virtual IP by ARP. */
function answerLanes({ events, macs }: Trial, end: number): Lane[] {
  const nameOf = (mac: string) => macs[mac] ?? mac;
  const changes = events
    .filter(({ kind, error }) => kind === "arp" && error === undefined)
    .map((event) => ({ ...event, state: (event.state ?? "").split(" ").map(nameOf).join(" ") }));
  return addressLanes("ARP answered by", Object.values(macs), changes, end);
}

/** A lane for each of the hosts that the states name, blanks between them; two at once look different. */
function addressLanes(label: string, known: readonly string[], changes: readonly ProbeEvent[], end: number): Lane[] {
  const seen = stretches(changes, end).map(({ state, from, to }) => ({
    hosts: state.split(" ").filter((host) => host !== ""),
    span: { from, to },
  }));
  const all = [...new Set([...known, ...seen.flatMap(({ hosts }) => hosts)])].sort();
  return all.map((host) => ({
    label: `${label} ${host}`,
    marks: seen
      .filter(({ hosts }) => hosts.includes(host))
      .map(({ hosts, span }): Mark =>
        hosts.length > 1
          ? { look: "two", ...span, title: `two at once: ${hosts.join(" and ")}`, text: "two" }
          : { look: "holds", ...span, title: host },
      ),
  }));
}

/** What each HAProxy says of its servers. */
function serverLanes(events: readonly ProbeEvent[], end: number): Lane[] {
  return eventsBy(events, "server").flatMap(([balancer, seen]) =>
    eventsBy(seen, "server", "what").map(([server, states]) => ({
      label: `${balancer} sees ${server}`,
      marks: stretches(states, end).map(({ state, from, to }): Mark => {
        const look = serverLook(state);
        const title = look === "unknown" ? "HAProxy does not answer" : state;
        return { look, from, to, title, ...(look === "up" ? {} : { text: state }) };
      }),
    })),
  );
}

function serverLook(state: string): Look {
  if (state === "UP" || state === "no check") return "up";
  if (state === "DOWN") return "down";
  return state === "?" ? "unknown" : "changing";
}

/** When each kubelet renewed its lease; the time from the fault to the first time after it is written beside that. */
function leaseLanes({ events, begun }: Trial): Lane[] {
  return eventsBy(events, "lease").map(([node, seen]) => {
    const times = seen.map(({ renewed }) => renewed).filter((renewed) => renewed !== undefined);
    const first = times.find((time) => time > begun);
    const marks = times.map((time): Mark => {
      const text = time === first ? { text: duration(time - begun) } : {};
      return { look: "renewed", from: time, to: time, title: "renewed", ...text };
    });
    return { label: `Lease of ${node}`, marks };
  });
}
