import { answers, done, eventsBy, runsOf, type Span, stretches } from "../events";
import { silences } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";
import type { Look } from "./looks";
import { duration } from "./table";

/** A bar on a lane. Times are milliseconds since 1970; a moment has no length. */
export interface Mark extends Span {
  readonly look: Look;
  /** Shown while the pointer rests on the bar. */
  readonly title: string;
  /** Written on the bar as far as there is room. */
  readonly text?: string;
}

export interface Lane {
  readonly label: string;
  readonly marks: readonly Mark[];
}

/** A moment as seconds from the fault: `+1.250 s`. */
export const moment = ({ begun }: Trial, at: number) =>
  `${at < begun ? "−" : "+"}${(Math.abs(at - begun) / 1000).toFixed(3)} s`;

/** A stretch as seconds from the fault: `+0.100 s to +0.211 s (111 ms)`. */
const when = (trial: Trial, span: Span) =>
  `${moment(trial, span.from)} to ${moment(trial, span.to)} (${lengthOf(span)})`;

const lengthOf = ({ from, to }: Span) => duration(to - from);

/** When the last thing was seen. */
export function endOf({ events, whole }: Trial): number {
  return events.reduce((latest, event) => Math.max(latest, done(event)), whole);
}

/** All that a trial's timeline shows. */
export function lanesOf(trial: Trial): Lane[] {
  return [
    ...attempts.map((attempt) => attemptLane(trial, attempt)),
    ...watchLanes(trial),
    ...holderLanes(trial),
    ...answerLanes(trial),
    ...serverLanes(trial),
    ...leaseLanes(trial),
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
function attemptLane(trial: Trial, { kind, label, slow, gap }: Attempt): Lane {
  const events = trial.events.filter((event) => event.kind === kind).sort((a, b) => done(a) - done(b));
  const isSlow = ({ took = 0, tries = 1 }: ProbeEvent) => took > slow || tries > 1;
  const runs = runsOf(events, (event) => event.error ?? (isSlow(event) ? "slow" : "ok"));
  const marks = runs.map(([, run]): Mark => {
    const [error] = run.map((event) => event.error);
    const span = { from: Math.min(...run.map(({ at }) => at)), to: Math.max(...run.map(done)) };
    const look = error !== undefined ? "failed" : run.some(isSlow) ? "slow" : "ok";
    return { look, ...span, title: aboutRun(run, error, when(trial, span)) };
  });
  const times = answers(events, kind);
  const gaps = times
    .map((to, index): Span => ({ from: times[index - 1] ?? to, to }))
    .filter(({ from, to }) => to - from >= gap)
    .map((span): Mark => ({
      look: "gap",
      ...span,
      title: `no success for ${lengthOf(span)}, ${when(trial, span)}`,
      text: lengthOf(span),
    }));
  return { label, marks: [...gaps, ...marks] };
}

/** What a run of attempts has in common, e.g. `3 failed, +0.099 s to +0.120 s (21 ms): connection refused, 0.4 to 22.0 ms each`. */
function aboutRun(run: readonly ProbeEvent[], error: string | undefined, when: string): string {
  const range = (values: readonly number[], digits: number) =>
    [...new Set([Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)))].join(" to ");
  const numbers = run.map(({ number }) => number).filter((number) => number !== undefined);
  const tries = Math.max(...run.map((event) => event.tries ?? 1));
  const twice = run.filter((event) => event.twice === true).length;
  return [
    `${run.length} ${error === undefined ? "answered" : "failed"}, ${when}`,
    ...(error === undefined ? [] : [error]),
    `each took ${range(
      run.map(({ took = 0 }) => took),
      1,
    )} ms`,
    ...(numbers.length === 0 ? [] : [`number ${range(numbers, 0)}`]),
    ...(tries > 1 ? [`up to ${tries} tries`] : []),
    ...(twice > 0 ? [`${twice} had been done already when tried again`] : []),
  ].join("\n");
}

/** Writes come every 100 ms; a shorter silence is none. Milliseconds. */
const noSilence = 200;

/** Each watch: where it is open, where it tells nothing of writes, and where it is gone. */
function watchLanes(trial: Trial): Lane[] {
  const writes = trial.events.filter(({ kind }) => kind === "write");
  const end = endOf(trial);
  return eventsBy(trial.events, "watch").map(([subject, told]): Lane => {
    const spells = stretches(told, end, ({ what }) => (what === "end" ? "ended" : "open"));
    const silent = silences(told, writes, { from: told[0]?.at ?? end, to: end });
    return {
      label: `Watch ${subject}`,
      marks: [
        ...spells.map(({ state, events, ...span }): Mark => {
          if (state === "open") {
            const count = events.filter(({ what }) => what === "event").length;
            return { look: "open", ...span, title: `open, ${when(trial, span)}\ntold of ${count} writes` };
          }
          const why = events[0]?.error ?? "it ended";
          return { look: "ended", ...span, title: `gone, ${when(trial, span)}\n${why}`, text: lengthOf(span) };
        }),
        ...silent
          .filter(({ from, to }) => to - from >= noSilence)
          .map((span): Mark => ({
            look: "silent",
            from: span.from,
            to: span.to,
            title: `open and silent while writes were acknowledged, ${when(trial, span)}`,
            text: `silent ${lengthOf(span)}`,
          })),
      ],
    };
  });
}

/** Which load balancers have the virtual IP as an address. */
function holderLanes(trial: Trial): Lane[] {
  const holding = new Set<string>();
  const events = trial.events
    .filter(({ kind }) => kind === "holder")
    .map((event) => {
      const { subject = "", state } = event;
      if (state === "yes") holding.add(subject);
      else holding.delete(subject);
      return { ...event, state: [...holding].join(" ") };
    });
  return addressLanes(
    trial,
    events,
    eventsBy(events, "holder").map(([name]) => name),
    "hold",
  );
}

/** Which hosts answer for the virtual IP by ARP. */
function answerLanes(trial: Trial): Lane[] {
  const nameOf = (mac: string) => trial.macs[mac] ?? mac;
  const events = trial.events
    .filter(({ kind, error }) => kind === "arp" && error === undefined)
    .map((event) => ({ ...event, state: (event.state ?? "").split(" ").map(nameOf).join(" ") }));
  return addressLanes(trial, events, Object.values(trial.macs), "answer for");
}

/** A lane for each of the hosts that the states name, blanks between them; two at once look different. */
function addressLanes(
  trial: Trial,
  events: readonly ProbeEvent[],
  known: readonly string[],
  verb: "hold" | "answer for",
): Lane[] {
  const seen = stretches(events, endOf(trial)).map(({ state, from, to }) => ({
    hosts: state.split(" ").filter((host) => host !== ""),
    span: { from, to },
  }));
  const all = [...new Set([...known, ...seen.flatMap(({ hosts }) => hosts)])].sort();
  return all.map((host) => ({
    label: verb === "hold" ? `Virtual IP on ${host}` : `ARP answered by ${host}`,
    marks: seen
      .filter(({ hosts }) => hosts.includes(host))
      .map(({ hosts, span }): Mark =>
        hosts.length > 1
          ? { look: "two", ...span, title: `two ${verb} the virtual IP, ${when(trial, span)}`, text: "two" }
          : { look: "holds", ...span, title: `${host}, ${when(trial, span)}` },
      ),
  }));
}

/** What each HAProxy says of its servers. */
function serverLanes(trial: Trial): Lane[] {
  return eventsBy(trial.events, "server").flatMap(([balancer, seen]) =>
    eventsBy(seen, "server", "what").map(([server, events]) => ({
      label: `${balancer} sees ${server}`,
      marks: stretches(events, endOf(trial)).map(({ state, from, to }): Mark => {
        const look = lookOf(state);
        const title = `${look === "unknown" ? "HAProxy does not answer" : state}, ${when(trial, { from, to })}`;
        return { look, from, to, title, ...(look === "up" ? {} : { text: state }) };
      }),
    })),
  );
}

function lookOf(state: string): Look {
  if (state === "UP" || state === "no check") return "up";
  if (state === "DOWN") return "down";
  return state === "?" ? "unknown" : "changing";
}

/** When each kubelet renewed its lease; the first time after the fault is written beside it. */
function leaseLanes(trial: Trial): Lane[] {
  return eventsBy(trial.events, "lease").map(([node, events]) => {
    const times = events.map(({ renewed }) => renewed).filter((renewed) => renewed !== undefined);
    const first = times.find((time) => time > trial.begun);
    const marks = times.map((time): Mark => {
      const at = moment(trial, time);
      return {
        look: "renewed",
        from: time,
        to: time,
        title: `renewed at ${at}`,
        ...(time === first ? { text: at } : {}),
      };
    });
    return { label: `Lease of ${node}`, marks };
  });
}
