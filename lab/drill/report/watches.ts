import { silences, watchesOf, type Span } from "../measure";
import type { ProbeEvent } from "../probe";
import type { Trial } from "../trial";
import { clock, duration, endOf, moment, stretch, type Group, type Lane, type Mark } from "./lane";

/** Writes come every 100 ms; a shorter silence is none. Milliseconds. */
const noSilence = 200;

/** Each watch: a line while it is open, what it told, and where it was dead or gone. */
export function watchGroup(trial: Trial): Group {
  const writes = trial.events.filter(({ kind }) => kind === "write");
  const watches = [...watchesOf(trial.events)].sort(([a], [b]) => Number(a) - Number(b));
  return { title: "Watches", lanes: watches.map(([subject, told]) => watchLane(trial, subject, told, writes)) };
}

function watchLane(trial: Trial, subject: string, told: readonly ProbeEvent[], writes: readonly ProbeEvent[]): Lane {
  const [say, at] = [stretch(trial), clock(trial)];
  const end = endOf(trial);
  const { open, ended } = linesOf(told, end);
  const silent = silences(told, writes, { from: told[0]?.at ?? end, to: end })
    .filter(({ from, to }) => to - from >= noSilence)
    .map((span): Mark => ({
      look: "silent",
      spans: [span],
      title: `watch ${subject}: open and silent while writes were acknowledged, ${say(span)}`,
      label: `silent ${duration(span.to - span.from)}`,
    }));
  const events = told.filter(({ what }) => what === "event");
  return {
    label: subject,
    height: 13,
    marks: [
      ...open.map((span): Mark => ({ look: "open", spans: [span], title: `watch ${subject}: open, ${say(span)}` })),
      ...silent,
      {
        look: "told",
        spans: events.map((event) => moment(event.at)),
        title: `watch ${subject}: told of ${events.length} writes, the last at ${at(events.at(-1)?.at ?? trial.begun)}`,
      },
      ...ended.map(({ span, why }): Mark => ({
        look: "ended",
        spans: [span],
        title: `watch ${subject}: gone, ${say(span)}\n${why}`,
        label: duration(span.to - span.from),
      })),
    ],
  };
}

/** When it was open, and when it was not, with the reason for the first end. */
function linesOf(told: readonly ProbeEvent[], end: number) {
  const open: Span[] = [];
  const ended: { readonly span: Span; readonly why: string }[] = [];
  let since = told[0]?.at ?? end;
  let why: string | undefined;
  for (const { what, at, error = "it ended" } of told) {
    if (what === "end" && why === undefined) {
      open.push({ from: since, to: at });
      [since, why] = [at, error];
    } else if (what === "open" && why !== undefined) {
      ended.push({ span: { from: since, to: at }, why });
      [since, why] = [at, undefined];
    }
  }
  if (why === undefined) open.push({ from: since, to: end });
  else ended.push({ span: { from: since, to: end }, why });
  return { open, ended };
}
