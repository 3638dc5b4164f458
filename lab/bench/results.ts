import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { Report } from "../base/progress";
import { plainTable, type Table } from "../base/table";

/** The options of a benchmark with several trials and result files. */
export const commonOptions = {
  trials: { type: "string" },
  json: { type: "string" },
  markdown: { type: "string" },
} as const;

/** The result files in the options. */
type Outputs = Partial<Record<"json" | "markdown", string>>;

/** The machine of a measurement, without its name. */
export function machine() {
  return {
    // without the suffix of a distribution or hosting company
    kernel: `${type()} ${/^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? release()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** Formats seconds: two decimals below 10, one below 100, else none. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}

/** `1 trial`, `3 trials`. */
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** A task that is measured with the monotonic clock. Its result is the duration. */
export function measured(work: (report: Report) => Promise<unknown>, record: (seconds: number) => void) {
  return async (report: Report): Promise<string> => {
    const begin = performance.now();
    await work(report);
    const took = (performance.now() - begin) / 1000;
    record(took);
    return seconds(took);
  };
}

/** The order in a trial. It rotates, so that drift of the machine affects all items equally. */
export function rotated<T>(all: readonly T[], trial: number): T[] {
  const from = trial % Math.max(1, all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}

/** Writes the measurements to the JSON file, if one is given. */
export function writeJson({ json }: Outputs, result: unknown): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * Prints the machine and the tables. Writes a section into the Markdown file, if one is given; creates that file if it is
 * missing.
 *
 * @param section renders the section; its argument describes the machine
 */
export function publish(to: Outputs, name: string, tables: readonly Table[], section: (on: string) => string): void {
  const { kernel, processor, cores, memoryGiB, node } = machine();
  const on = `${kernel}, ${cores} cores (${processor}), ${memoryGiB} GiB of memory, Node.js ${node}`;
  process.stdout.write(`\n${[on, ...tables.map(plainTable)].join("\n\n")}\n`);
  if (to.markdown === undefined) return;
  const before = existsSync(to.markdown) ? readFileSync(to.markdown, "utf8") : "# Benchmarks\n";
  writeFileSync(to.markdown, withSection(before, name, section(on)));
}

/** Adds a section to a document, or replaces the one with that name. The rest of the document does not change. */
export function withSection(document: string, name: string, section: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const marked = `${begin}\n\n${section.trim()}\n\n${end}`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${marked}\n`;
  return `${document.slice(0, from)}${marked}${document.slice(to + end.length)}`;
}
