/** A table. The first row is the header. */
export type Table = readonly (readonly string[])[];

/** The table as Markdown, in Prettier's format. */
export function markdownTable(table: Table): string {
  const [head = [], ...body] = padded(
    table.map((row) => row.map((cell) => cell.replaceAll("|", "\\|"))),
    3,
  );
  const rule = head.map((cell) => "-".repeat(lengthOf(cell)));
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The table for a terminal: columns with two blanks between them. */
export function plainTable(table: Table): string {
  return padded(table, 0)
    .map((row) => row.join("  ").trimEnd())
    .join("\n");
}

/** Length in code points, not in UTF-16 units. */
const lengthOf = (text: string) => Array.from(text).length;

/** The table with each cell padded to the width of its column. */
function padded(table: Table, least: number): string[][] {
  const widths = table[0]?.map((_, column) => Math.max(least, ...table.map((row) => lengthOf(row[column] ?? ""))));
  const blanks = (cell: string, width: number) => " ".repeat(Math.max(0, width - lengthOf(cell)));
  return table.map((row) =>
    (widths ?? []).map((width, column) => `${row[column] ?? ""}${blanks(row[column] ?? "", width)}`),
  );
}
