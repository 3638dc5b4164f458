import { median } from "../../base/figures";
import { markdownTable } from "../../base/table";
import { type Measured, throughout } from "../measure";
import type { Trial } from "../trial";

/** Milliseconds as seconds with two digits. */
export const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);

/** Milliseconds as a duration: `132 ms`, `1.32 s`. */
export const duration = (milliseconds: number) =>
  milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${seconds(milliseconds)} s`;

/** The result of a trial in one line. */
export function lineOf({ targets, during, after, lost, injectionStarted, steadyAt }: Trial): string {
  const part = (measured: Measured) =>
    factsOf(measured)
      .map(([title, fact]) => `${title} ${fact}`)
      .join("; ");
  const recovery = after === undefined ? "" : `; after the recovery ${part(after)}`;
  const steady = `steady state after ${seconds(steadyAt - injectionStarted)} s`;
  return `${targets}: ${part(during)}${recovery}; ${lost} writes lost; ${steady}`;
}

/** The figures of a part of a trial, in words. */
export function factsOf(measured: Measured): (readonly [title: string, fact: string])[] {
  const { connect, request, write, watch, node, moves, twoAnswer, leases } = measured;
  return [
    ["new", attempts(connect)],
    ["persistent", attempts(request)],
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
    ...(node.attempts === 0 ? [] : [["by the name on the nodes", attempts(node)] as const]),
    ["virtual IP", `${moves === 1 ? "1 move" : `${moves} moves`}, two hosts answered for ${duration(twoAnswer)}`],
    ["leases", leases === undefined ? "not renewed by every node" : `renewed after ${duration(leases)}`],
  ];
}

function attempts({ attempts, failed, blackout, slowest, failedAfter }: Measured["connect"]): string {
  const after = failedAfter === undefined ? "" : ` after ${duration(failedAfter)}`;
  return `${failed}/${attempts} failed${after}, blackout ${duration(blackout)}, slowest ${duration(slowest)}`;
}

type Column = readonly [
  title: string,
  show: (value: number) => string,
  value: (trial: Trial) => number | undefined,
  /** Clients notice a value above the first limit. A value above the second one hurts them. */
  limits?: readonly [noticed: number, hurts: number],
];

const rounded = (count: number) => String(Math.round(count * 10) / 10);

const columns: readonly Column[] = [
  ["new: blackout s", seconds, ({ during }) => during.connect.blackout, [250, 1000]],
  ["new: failed", rounded, ({ during }) => during.connect.failed, [0, 20]],
  ["new: fails after s", seconds, ({ during }) => during.connect.failedAfter],
  ["persistent: blackout s", seconds, ({ during }) => during.request.blackout, [250, 1500]],
  ["writes: blackout s", seconds, ({ during }) => during.write.blackout, [600, 2000]],
  ["lost", rounded, ({ lost }) => lost, [0, 0]],
  ["twice", rounded, (trial) => throughout(trial, ({ write }) => write.twice), [0, Infinity]],
  ["watches broken", rounded, ({ during }) => during.watch.broken, [0, Infinity]],
  ["out s", seconds, ({ during: { watch } }) => (watch.broken === 0 ? undefined : watch.outFor), [1000, 5000]],
  ["silent s", seconds, ({ during }) => during.watch.silent, [1000, 5000]],
  // a node counts as lost after 40 s without its lease
  ["leases s", seconds, ({ during }) => during.leases, [15_000, 40_000]],
  ["moves", rounded, (trial) => throughout(trial, ({ moves }) => moves)],
  ["two answer s", seconds, (trial) => throughout(trial, ({ twoAnswer }) => twoAnswer), [0, 0]],
  ["recovery: blackout s", seconds, ({ after }) => after?.connect.blackout, [250, 1000]],
  ["recovery: failed", rounded, ({ after }) => after?.connect.failed, [0, 20]],
  ["steady after s", seconds, ({ injectionStarted, steadyAt }) => steadyAt - injectionStarted],
];

/** One figure of one fault: median / worst of its trials. */
export interface Cell {
  readonly text: string;
  /** The effect of the worst value on clients; undefined without a figure or without limits. */
  readonly severity?: "fine" | "noticed" | "hurts";
}

export interface Row {
  readonly fault: string;
  readonly trials: readonly Trial[];
  readonly cells: readonly Cell[];
}

/** The titles of the figures' columns. */
export const titles: readonly string[] = columns.map(([title]) => title);

/** The faults of trials, in the order of their first trials. */
export function faultsOf(trials: readonly Trial[]): string[] {
  return [...new Set(trials.map(({ fault }) => fault))];
}

/** A row for each fault. */
export function rowsOf(trials: readonly Trial[]): Row[] {
  return faultsOf(trials).map((fault) => {
    const of = trials.filter((trial) => trial.fault === fault);
    return { fault, trials: of, cells: columns.map((column) => cell(column, of)) };
  });
}

/** The table in Markdown. */
export function tableOf(trials: readonly Trial[]): string {
  return markdownTable([
    ["fault", "n", ...titles],
    ...rowsOf(trials).map((row) => [row.fault, String(row.trials.length), ...row.cells.map(({ text }) => text)]),
  ]);
}

function cell([, show, value, limits]: Column, trials: readonly Trial[]): Cell {
  const values = trials.map(value).filter((one) => one !== undefined);
  if (values.length === 0) return { text: "-" };
  const most = Math.max(...values);
  const [middle, worst] = [show(median(values)), show(most)];
  const text = middle === worst ? middle : `${middle} / ${worst}`;
  if (limits === undefined) return { text };
  return { text, severity: most > limits[1] ? "hurts" : most > limits[0] ? "noticed" : "fine" };
}
