import type { Span } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";
import { bySubject, clock, endOf, moment, runs, stretch, type Group, type Lane, type Look, type Mark } from "./lane";

interface Stretch extends Span {
  readonly state: string;
}

/** What the eyes see of the hosts: who holds the virtual IP, who answers for it, which servers are up. */
export function stateGroups(trial: Trial): Group[] {
  return [
    { title: "Virtual IP on", lanes: holderLanes(trial) },
    { title: "ARP answered by", lanes: answerLanes(trial) },
    ...bySubject(trial.events, "server").map(([balancer, events]) => ({
      title: `${balancer} sees`,
      lanes: serverLanes(trial, balancer, events),
    })),
  ];
}

/** One state after another, each until the next. */
function stretches(events: readonly ProbeEvent[], end: number): Stretch[] {
  return runs(events, ({ state = "" }) => state).map((run, index, all): Stretch => {
    const from = run[0]?.at ?? end;
    return { state: run[0]?.state ?? "", from, to: Math.max(from, all[index + 1]?.[0]?.at ?? end) };
  });
}

function holderLanes(trial: Trial): Lane[] {
  const say = stretch(trial);
  const held = bySubject(trial.events, "holder").map(([name, events]) => ({
    name,
    spans: stretches(events, endOf(trial)).filter(({ state }) => state === "yes"),
  }));
  return held.map(({ name, spans }) => {
    const others = held.filter((other) => other.name !== name);
    const both = spans.flatMap((span) => others.flatMap((other) => other.spans.flatMap((one) => overlap(span, one))));
    return {
      label: name,
      height: 14,
      marks: [
        ...spans.map((span): Mark => ({
          look: "holds",
          spans: [span],
          title: `${name} holds the virtual IP, ${say(span)}`,
        })),
        ...both.map((span): Mark => ({
          look: "two",
          spans: [span],
          title: `two hold the virtual IP, ${say(span)}`,
          label: "two",
        })),
      ],
    };
  });
}

function overlap(a: Span, b: Span): Span[] {
  const both = { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
  return both.from < both.to ? [both] : [];
}

function answerLanes(trial: Trial): Lane[] {
  const say = stretch(trial);
  const events = trial.events.filter(({ kind, error }) => kind === "arp" && error === undefined);
  const seen = stretches(events, endOf(trial));
  const macs = new Set([...Object.keys(trial.macs), ...seen.flatMap(({ state }) => macsIn(state))]);
  const lanes = [...macs].map((mac) => {
    const name = trial.macs[mac] ?? mac;
    const marks = seen
      .filter(({ state }) => macsIn(state).includes(mac))
      .map((span): Mark => {
        const two = macsIn(span.state).length > 1;
        const title = `${two ? "two answer" : `${name} answers`} for the virtual IP, ${say(span)}`;
        return { look: two ? "two" : "holds", spans: [span], title, ...(two ? { label: "two" } : {}) };
      });
    return { label: name, height: 14, marks };
  });
  return lanes.sort((a, b) => a.label.localeCompare(b.label, "en", { numeric: true }));
}

const macsIn = (state: string) => state.split(" ").filter((mac) => mac !== "");

function serverLanes(trial: Trial, balancer: string, events: readonly ProbeEvent[]): Lane[] {
  const say = stretch(trial);
  const servers = [...new Set(events.map(({ what = "" }) => what))].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  return servers.map((server) => ({
    label: server,
    height: 13,
    marks: stretches(
      events.filter(({ what }) => what === server),
      endOf(trial),
    ).map((span): Mark => {
      const look = lookOf(span.state);
      const state = look === "unknown" ? "HAProxy does not answer" : span.state;
      return {
        look,
        spans: [span],
        title: `${balancer} on ${server}: ${state}, ${say(span)}`,
        ...(look === "up" ? {} : { label: span.state }),
      };
    }),
  }));
}

function lookOf(state: string): Look {
  if (state === "UP" || state === "no check") return "up";
  if (state === "DOWN") return "down";
  return state === "?" ? "unknown" : "changing";
}

/** When each kubelet renewed its lease; at the first time after the fault, when that was. */
export function leaseGroup(trial: Trial): Group {
  const at = clock(trial);
  const lanes = bySubject(trial.events, "lease").map(([node, events]): Lane => {
    const times = events.flatMap(({ renewed }) => (renewed === undefined ? [] : [renewed]));
    const first = times.find((time) => time > trial.begun);
    const marks = times.map((time): Mark => ({
      look: "renewed",
      spans: [moment(time)],
      title: `${node} renewed its lease at ${at(time)}`,
      ...(time === first ? { label: at(time) } : {}),
    }));
    return { label: node, height: 13, marks };
  });
  return { title: "Leases renewed", lanes };
}
