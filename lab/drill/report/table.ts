import { median } from "../../base/figures";
import { markdownTable } from "../../base/table";
import { type Measured, throughout } from "../measure";
import type { Trial } from "../trial";

/** Milliseconds as seconds with two digits. */
export const seconds = (milliseconds: number | undefined) =>
  milliseconds === undefined ? "-" : (milliseconds / 1000).toFixed(2);

/** Milliseconds as a duration: `132 ms`, `1.32 s`. */
export const duration = (milliseconds: number) =>
  milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${seconds(milliseconds)} s`;

/** One trial in a line, as it ends. */
export function lineOf({ struck, during, after, lost, begun, whole }: Trial): string {
  const part = (measured: Measured) =>
    factsOf(measured)
      .map(([title, fact]) => `${title} ${fact}`)
      .join("; ");
  const cure = after === undefined ? "" : `; after the cure ${part(after)}`;
  return `${struck}: ${part(during)}${cure}; ${lost} writes lost; whole after ${seconds(whole - begun)} s`;
}

/** What clients met in a part of a trial, in words. */
export function factsOf(measured: Measured): (readonly [title: string, fact: string])[] {
  const { connect, request, write, watch, moves, twoAnswer, leases } = measured;
  return [
    ["new", attempts(connect)],
    ["kept", attempts(request)],
    ["writes", `${attempts(write)}, ${write.twice} twice`],
    [
      "watches",
      [
        `${watch.broken}/${watch.held} broken`,
        ...(watch.broken > 0 ? [`out ${duration(watch.outFor)}`] : []),
        `open and silent ${duration(watch.silent)}`,
        `${watch.missed} events missed`,
      ].join(", "),
    ],
    ["virtual IP", `${moves === 1 ? "1 move" : `${moves} moves`}, two answered for ${duration(twoAnswer)}`],
    ["leases", leases === undefined ? "not renewed by every node" : `renewed after ${duration(leases)}`],
  ];
}

function attempts({ attempts, failed, blackout, slowest, failedAfter }: Measured["connect"]): string {
  const after = failedAfter === undefined ? "" : ` after ${duration(failedAfter)}`;
  return `${failed}/${attempts} failed${after}, blackout ${duration(blackout)}, slowest ${duration(slowest)}`;
}

interface Column {
  readonly title: string;
  readonly value: (trial: Trial) => number | undefined;
  readonly kind: "seconds" | "count";
  /** What clients notice, and what hurts them: more than so many milliseconds or of what is counted. */
  readonly limits?: readonly [noticed: number, hurts: number];
}

const columns: readonly Column[] = [
  { title: "new: blackout s", kind: "seconds", value: ({ during }) => during.connect.blackout, limits: [250, 1000] },
  { title: "failed", kind: "count", value: ({ during }) => during.connect.failed, limits: [0, 20] },
  { title: "fails after s", kind: "seconds", value: ({ during }) => during.connect.failedAfter },
  { title: "kept: s", kind: "seconds", value: ({ during }) => during.request.blackout, limits: [250, 1500] },
  { title: "writes: s", kind: "seconds", value: ({ during }) => during.write.blackout, limits: [600, 2000] },
  {
    title: "lost",
    kind: "count",
    value: ({ lost }) => lost,
    limits: [0, 0],
  },
  {
    title: "twice",
    kind: "count",
    value: (trial) => throughout(trial, ({ write }) => write.twice),
    limits: [0, Infinity],
  },
  { title: "watches broken", kind: "count", value: ({ during }) => during.watch.broken, limits: [0, Infinity] },
  {
    title: "out s",
    kind: "seconds",
    value: ({ during }) => (during.watch.broken === 0 ? undefined : during.watch.outFor),
    limits: [1000, 5000],
  },
  { title: "silent s", kind: "seconds", value: ({ during }) => during.watch.silent, limits: [1000, 5000] },
  // a node counts as lost after 40 s without its lease
  { title: "leases s", kind: "seconds", value: ({ during }) => during.leases, limits: [15_000, 40_000] },
  { title: "moves", kind: "count", value: (trial) => throughout(trial, ({ moves }) => moves) },
  {
    title: "two answer s",
    kind: "seconds",
    value: (trial) => throughout(trial, ({ twoAnswer }) => twoAnswer),
    limits: [0, 0],
  },
  { title: "cure: blackout s", kind: "seconds", value: ({ after }) => after?.connect.blackout, limits: [250, 1000] },
  { title: "failed", kind: "count", value: ({ after }) => after?.connect.failed, limits: [0, 20] },
  { title: "whole s", kind: "seconds", value: ({ begun, whole }) => whole - begun },
];

/** One figure of one fault: the middle of its trials and, behind a slash, the worst. */
export interface Cell {
  readonly text: string;
  /** How much of the worst clients feel; undefined where there is no figure or no measure for it. */
  readonly severity?: "fine" | "noticed" | "hurts";
}

export interface Row {
  readonly fault: string;
  readonly trials: readonly Trial[];
  readonly cells: readonly Cell[];
}

/** The titles of the columns of figures. */
export const titles: readonly string[] = columns.map(({ title }) => title);

/** The faults of trials, in the order in which they were first tried. */
export function faultsOf(trials: readonly Trial[]): string[] {
  return [...new Set(trials.map(({ fault }) => fault))];
}

/** Every fault a row. */
export function rowsOf(trials: readonly Trial[]): Row[] {
  return faultsOf(trials).map((fault) => {
    const of = trials.filter((trial) => trial.fault === fault);
    return { fault, trials: of, cells: columns.map((column) => cell(column, of)) };
  });
}

/** The same in Markdown. */
export function tableOf(trials: readonly Trial[]): string {
  return markdownTable([
    ["fault", "n", ...titles],
    ...rowsOf(trials).map((row) => [row.fault, String(row.trials.length), ...row.cells.map(({ text }) => text)]),
  ]);
}

function cell({ value, kind, limits }: Column, trials: readonly Trial[]): Cell {
  const values = trials.map(value).filter((one) => one !== undefined);
  if (values.length === 0) return { text: "-" };
  const show = (one: number) => (kind === "seconds" ? seconds(one) : String(Math.round(one * 10) / 10));
  const most = Math.max(...values);
  const [middle, worst] = [show(median(values)), show(most)];
  const text = middle === worst ? middle : `${middle} / ${worst}`;
  if (limits === undefined) return { text };
  return { text, severity: most > limits[1] ? "hurts" : most > limits[0] ? "noticed" : "fine" };
}
