import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A log as it is kept after its pipelines ran. */
export interface StoredLog {
  readonly id: string;
  readonly message: string;
  /** Epoch, milliseconds. */
  readonly timestamp: number;
  readonly status: string;
  readonly service?: string;
  readonly host?: string;
  readonly source?: string;
  readonly tags: readonly string[];
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Bytes after which the file is put aside (one older file is kept). */
const rotateAt = 64 * 1024 * 1024;

/** The last logs, in memory for the search and in a file for a restart. */
export class LogStore {
  private logs: StoredLog[] = [];

  constructor(
    private readonly file: string,
    private readonly limit: number,
  ) {
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file)) {
      const lines = readFileSync(file, "utf8")
        .split("\n")
        .slice(-limit - 1);
      this.logs = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as StoredLog);
    }
  }

  add(logs: readonly StoredLog[]): void {
    if (logs.length === 0) {
      return;
    }
    if (existsSync(this.file) && statSync(this.file).size > rotateAt) {
      renameSync(this.file, `${this.file}.1`);
    }
    appendFileSync(this.file, logs.map((log) => `${JSON.stringify(log)}\n`).join(""));
    this.logs.push(...logs);
    if (this.logs.length > this.limit * 1.2) {
      this.logs = this.logs.slice(-this.limit);
    }
  }

  all(): readonly StoredLog[] {
    return this.logs;
  }
}
