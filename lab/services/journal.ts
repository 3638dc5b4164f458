import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** One call that a stand-in answered. Headers are left out: they carry the secrets. */
export interface JournalEntry {
  /** When the call arrived, ISO 8601. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly status: number;
  /** The request's body, parsed where it is JSON; null without one. */
  readonly request: unknown;
  /** The answer's body. */
  readonly response: unknown;
  readonly milliseconds: number;
}

/** Bytes after which the file is put aside (one older file is kept). */
const rotateAt = 64 * 1024 * 1024;

/** The calls a stand-in answered, one JSON object a line. */
export class Journal {
  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true });
  }

  write(entry: JournalEntry): void {
    if (existsSync(this.file) && statSync(this.file).size > rotateAt) {
      renameSync(this.file, `${this.file}.1`);
    }
    appendFileSync(this.file, `${JSON.stringify(entry)}\n`);
  }

  read(): JournalEntry[] {
    if (!existsSync(this.file)) {
      return [];
    }
    return readFileSync(this.file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as JournalEntry);
  }
}
