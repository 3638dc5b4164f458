import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes after which a file is renamed to `.1`; an older `.1` is replaced. */
const rotateAt = 64 * 1024 * 1024;

/** Appends items to a file, one JSON object a line. */
export function appendLines(file: string, items: readonly unknown[]): void {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > rotateAt) {
    renameSync(file, `${file}.1`);
  }
  appendFileSync(file, items.map((item) => `${JSON.stringify(item)}\n`).join(""));
}

/** The items of a file, oldest first; empty if the file does not exist. */
export function linesOf<T>(file: string): T[] {
  if (!existsSync(file)) {
    return [];
  }
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
}

/** The newest items, in memory and in a file, which is read at a restart. */
export class RecentLines<T> {
  private items: T[];

  constructor(
    private readonly file: string,
    private readonly limit: number,
  ) {
    this.items = linesOf<T>(file).slice(-limit);
  }

  add(items: readonly T[]): void {
    if (items.length === 0) {
      return;
    }
    appendLines(this.file, items);
    this.items.push(...items);
    // not at every item, because copying the long list is slow
    if (this.items.length > this.limit * 1.2) {
      this.items = this.items.slice(-this.limit);
    }
  }

  all(): readonly T[] {
    return this.items;
  }
}
