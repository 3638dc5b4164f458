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
