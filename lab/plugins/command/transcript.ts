import type { LocalCommand } from "./inputs";

export interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

/** Gathers what a command prints: each stream by itself, both in the order they came, and lines as progress. */
export class Transcript {
  private readonly streams = { stdout: [] as Buffer[], stderr: [] as Buffer[], both: [] as Buffer[] };
  private unfinished = "";

  constructor(
    private readonly logging: LocalCommand["logging"] = "stdoutAndStderr",
    private readonly progress: (line: string) => void = () => undefined,
  ) {}

  add(stream: "stdout" | "stderr", chunk: Buffer): void {
    this.streams[stream].push(chunk);
    this.streams.both.push(chunk);
    if (this.logging === stream || this.logging === "stdoutAndStderr") {
      const lines = (this.unfinished + chunk.toString()).split("\n");
      this.unfinished = lines.pop() ?? "";
      lines.forEach((line) => this.progress(line));
    }
  }

  /** What the resource's outputs hold: without the last line's end. */
  output(): Output {
    if (this.unfinished !== "") {
      this.progress(this.unfinished);
      this.unfinished = "";
    }
    const trimmed = (chunks: Buffer[]) => Buffer.concat(chunks).toString().replace(/\n$/, "");
    return { stdout: trimmed(this.streams.stdout), stderr: trimmed(this.streams.stderr) };
  }

  /** The failure of a command, in the form that the official plugin gives it. */
  failure(reason: string, command: string): Error {
    return new Error(`${reason}: running ${quoted(command)}:\n${Buffer.concat(this.streams.both).toString()}`);
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** A text quoted as Go's %q does, which is how the official plugin shows a command. */
function quoted(value: string): string {
  const hex = (character: string) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  // eslint-disable-next-line no-control-regex
  return `"${value.replace(/["\\\x00-\x1f\x7f]/g, (character) => escapes[character] ?? hex(character))}"`;
}
