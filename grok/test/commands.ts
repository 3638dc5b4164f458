import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { main } from "../commands/main";

export interface Result {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Both, in the order in which they were written. */
  readonly all: string;
}

/** Runs a command of `grok` in this process. */
export async function grok(
  args: readonly string[],
  { input = "", env = {} }: { input?: string; env?: Record<string, string> } = {},
): Promise<Result> {
  let out = "";
  let err = "";
  let all = "";
  const code = await main(args, {
    input: Readable.from([input]),
    out: (text) => {
      out += text;
      all += text;
    },
    err: (text) => {
      err += text;
      all += text;
    },
    env,
  });
  return { code, out, err, all };
}

/** A folder for the files of a test, which is removed after the tests of the file. */
export function scratch(): {
  readonly folder: string;
  path: (name: string) => string;
  /** Writes a text, or a value as JSON; returns the path. */
  write: (name: string, content: unknown) => string;
  read: (name: string) => string;
} {
  const folder = mkdtempSync(join(tmpdir(), "grok-command-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, name);
  return {
    folder,
    path,
    write: (name, content) => {
      writeFileSync(path(name), typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
      return path(name);
    },
    read: (name) => readFileSync(path(name), "utf8"),
  };
}
