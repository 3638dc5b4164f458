import { middle, type Measured } from "../measure";
import type { Trial } from "../trial";

/** Milliseconds as seconds with two digits. */
export const seconds = (milliseconds: number | undefined) =>
  milliseconds === undefined ? "-" : (milliseconds / 1000).toFixed(2);

/** One trial in a line, as it ends. */
export function lineOf({ struck, during, after, begun, whole }: Trial): string {
  const cure = after === undefined ? "" : `; after the cure ${part(after)}`;
  return `${struck}: ${part(during)}${cure}; whole after ${seconds(whole - begun)} s`;
}

function part({ connect, request, write, watch, twoAnswer, leases }: Measured): string {
  return [
    `new ${connect.failed}/${connect.attempts} failed, blackout ${seconds(connect.blackout)} s`,
    `kept ${request.failed} failed, ${seconds(request.blackout)} s`,
    `writes ${seconds(write.blackout)} s, ${write.lost} lost, ${write.twice} twice`,
    `watches ${watch.broken}/${watch.held} broken${watch.broken > 0 ? `, out ${seconds(watch.outFor)} s` : ""}`,
    ...(watch.silent >= 500 ? [`open and silent ${seconds(watch.silent)} s`] : []),
    ...(watch.missed > 0 ? [`${watch.missed} events missed`] : []),
    ...(twoAnswer > 0 ? [`two answered for ${seconds(twoAnswer)} s`] : []),
    ...(leases === undefined ? [] : [`leases ${seconds(leases)} s`]),
  ].join(", ");
}

interface Column {
  readonly title: string;
  readonly value: (trial: Trial) => number | undefined;
  readonly kind: "seconds" | "count";
}

const columns: readonly Column[] = [
  { title: "new: blackout s", kind: "seconds", value: ({ during }) => during.connect.blackout },
  { title: "failed", kind: "count", value: ({ during }) => during.connect.failed },
  { title: "kept: s", kind: "seconds", value: ({ during }) => during.request.blackout },
  { title: "writes: s", kind: "seconds", value: ({ during }) => during.write.blackout },
  { title: "lost", kind: "count", value: ({ during, after }) => during.write.lost + (after?.write.lost ?? 0) },
  { title: "twice", kind: "count", value: ({ during, after }) => during.write.twice + (after?.write.twice ?? 0) },
  { title: "watches broken", kind: "count", value: ({ during }) => during.watch.broken },
  {
    title: "out s",
    kind: "seconds",
    value: ({ during }) => (during.watch.broken === 0 ? undefined : during.watch.outFor),
  },
  { title: "silent s", kind: "seconds", value: ({ during }) => during.watch.silent },
  { title: "leases s", kind: "seconds", value: ({ during }) => during.leases },
  { title: "two answer s", kind: "seconds", value: ({ during, after }) => during.twoAnswer + (after?.twoAnswer ?? 0) },
  { title: "cure: blackout s", kind: "seconds", value: ({ after }) => after?.connect.blackout },
  { title: "failed", kind: "count", value: ({ after }) => after?.connect.failed },
  { title: "whole s", kind: "seconds", value: ({ begun, whole }) => whole - begun },
];

/** Every fault a row: the middle of its trials and, behind a slash, the worst. */
export function tableOf(trials: readonly Trial[]): string {
  const names = [...new Set(trials.map(({ fault }) => fault))];
  const rows = names.map((name) => {
    const of = trials.filter(({ fault }) => fault === name);
    return [name, String(of.length), ...columns.map((column) => cell(column, of))];
  });
  return markdown(["fault", "n", ...columns.map(({ title }) => title)], rows);
}

function cell({ value, kind }: Column, trials: readonly Trial[]): string {
  const values = trials.map(value).filter((one) => one !== undefined);
  if (values.length === 0) return "-";
  const show = (one: number) => (kind === "seconds" ? seconds(one) : String(Math.round(one * 10) / 10));
  const [median, worst] = [show(middle(values)), show(Math.max(...values))];
  return median === worst ? median : `${median} / ${worst}`;
}

/** A table in Markdown, its columns aligned. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => (row[index] ?? "").length)));
  const line = (cells: readonly string[]) => `| ${cells.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
