import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** A JSON file that keeps a program's state over a restart. Each write replaces it atomically. */
export class StateFile<T> {
  constructor(
    private readonly file: string,
    private readonly empty: T,
  ) {}

  read(): T {
    return existsSync(this.file) ? (JSON.parse(readFileSync(this.file, "utf8")) as T) : structuredClone(this.empty);
  }

  write(state: T): void {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
