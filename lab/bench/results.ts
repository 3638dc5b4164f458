import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import type { Report } from "../base/progress";
import { plainTable, type Table } from "../base/table";

/** The options of a benchmark that is tried several times and written down. */
export const commonOptions = {
  trials: { type: "string" },
  json: { type: "string" },
  markdown: { type: "string" },
} as const;

/** Files that the options name. */
type Outputs = Partial<Record<"json" | "markdown", string>>;

/** The machine that a measurement was made on, without its name. */
export function machine() {
  return {
    // what distributions and hosting companies append says nothing here
    kernel: `${type()} ${/^\d+\.\d+(\.\d+)?/.exec(release())?.[0] ?? release()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** Seconds for a reader: two digits behind the point below ten, one below a hundred. */
export function seconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} s`;
}

/** `1 trial`, `3 trials`. */
export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** A task that is measured on a clock that nobody sets; it shows how long it took. */
export function measured(work: (report: Report) => Promise<unknown>, record: (seconds: number) => void) {
  return async (report: Report): Promise<string> => {
    const begin = performance.now();
    await work(report);
    const took = (performance.now() - begin) / 1000;
    record(took);
    return seconds(took);
  };
}

/** The order in a trial: it rotates, so that each comes first, in the middle and last, and drift of the machine meets all. */
export function rotated<T>(all: readonly T[], trial: number): T[] {
  const from = trial % Math.max(1, all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}

/** Writes the measurements, where a file is named for them. */
export function writeJson({ json }: Outputs, result: unknown): void {
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(result, null, 2)}\n`);
}

/**
 * Prints the machine and the tables, and puts a section, which is told the machine in words, into the Markdown file that is
 * named; the file is made where it is missing.
 */
export function publish(to: Outputs, name: string, tables: readonly Table[], section: (on: string) => string): void {
  const { kernel, processor, cores, memoryGiB, node } = machine();
  const on = `${kernel}, ${cores} cores (${processor}), ${memoryGiB} GiB of memory, Node.js ${node}`;
  process.stdout.write(`\n${[on, ...tables.map(plainTable)].join("\n\n")}\n`);
  if (to.markdown === undefined) return;
  const before = existsSync(to.markdown) ? readFileSync(to.markdown, "utf8") : "# Benchmarks\n";
  writeFileSync(to.markdown, withSection(before, name, section(on)));
}

/** Puts a section into a document, in place of an older one of that name; the rest of the document stays as it is. */
export function withSection(document: string, name: string, section: string): string {
  const [begin, end] = [`<!-- bench:${name} -->`, `<!-- /bench:${name} -->`];
  const whole = `${begin}\n\n${section.trim()}\n\n${end}`;
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${whole}\n`;
  return `${document.slice(0, from)}${whole}${document.slice(to + end.length)}`;
}
