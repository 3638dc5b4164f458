import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Bytes after which the file is put aside (one older file is kept). */
const rotateAt = 64 * 1024 * 1024;

/** The last of many, in memory and, a JSON object a line, in a file for a restart. */
export class RecentLines<T> {
  private items: T[] = [];

  constructor(
    private readonly file: string,
    private readonly limit: number,
  ) {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) {
      const lines = readFileSync(file, "utf8")
        .split("\n")
        .slice(-limit - 1);
      this.items = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as T);
    }
  }

  add(items: readonly T[]): void {
    if (items.length === 0) {
      return;
    }
    if (existsSync(this.file) && statSync(this.file).size > rotateAt) {
      renameSync(this.file, `${this.file}.1`);
    }
    appendFileSync(this.file, items.map((item) => `${JSON.stringify(item)}\n`).join(""));
    this.items.push(...items);
    if (this.items.length > this.limit * 1.2) {
      this.items = this.items.slice(-this.limit);
    }
  }

  all(): readonly T[] {
    return this.items;
  }
}
