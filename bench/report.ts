/** The middle of some measurements; of an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (below === undefined || above === undefined) {
    throw new Error("nothing was measured");
  }
  return (below + above) / 2;
}

export const best = (values: readonly number[]): number => Math.min(...values);
export const worst = (values: readonly number[]): number => Math.max(...values);

/** A promise about two measurements: the first takes at most so much of the second. */
export interface Goal {
  readonly what: string;
  /** The quotient of the two medians. */
  readonly ratio: number;
  readonly atMost: number;
  readonly met: boolean;
}

export function goal(what: string, ours: readonly number[], theirs: readonly number[], atMost: number): Goal {
  const ratio = median(ours) / median(theirs);
  return { what, ratio, atMost, met: ratio <= atMost };
}

/** Seconds as a person reads them: two digits behind the point below ten, one below a hundred. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}

/** A table: the first row is its head. */
export type Table = readonly (readonly string[])[];

/** The table as Markdown that Prettier leaves as it is. */
export function markdownTable(table: Table): string {
  const [head = [], ...body] = table.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = head.map((_, column) => Math.max(3, ...[head, ...body].map((row) => lengthOf(row[column] ?? ""))));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => padded(cells[column] ?? "", width)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n");
}

/** The table for a terminal: columns, two blanks apart. */
export function plainTable(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => lengthOf(row[column] ?? ""))));
  return table
    .map((row) =>
      row
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** In characters, not in the halves that some take in memory. */
const lengthOf = (text: string) => Array.from(text).length;

const padded = (cell: string, width: number) => cell + " ".repeat(Math.max(0, width - lengthOf(cell)));

/** Goals as a table. */
export function goalTable(goals: readonly Goal[]): Table {
  return [
    ["goal", "at most", "measured", ""],
    ...goals.map(({ what, ratio, atMost, met }) => [
      what,
      atMost.toFixed(2),
      ratio.toFixed(2),
      met ? "met" : "NOT met",
    ]),
  ];
}
