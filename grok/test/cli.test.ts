import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { scratch } from "./commands";

const { write } = scratch();

/** Runs a line of bash in which `grok` is the command. */
function bash(line: string) {
  const script = `grok() { "$NODE" --import tsx ${join(__dirname, "../cli.ts")} "$@"; }; ${line}`;
  const env = { ...process.env, NODE: process.execPath };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8", env });
  return [status, stdout + stderr];
}

const failing = () =>
  write("p.json", { pipeline: { name: "P", processors: [] }, tests: [{ sample: "a", result: { message: "b" } }] });

test.each([
  ["standard output closes the pipe", "|"],
  ["standard error closes the pipe", "--coverage --colour 2>&1 >/dev/null |"],
])("exit code 141 if the reader of %s", (_what, pipe) => {
  expect(bash(`grok test ${failing()} ${pipe} true; exit "\${PIPESTATUS[0]}"`)).toEqual([141, ""]);
});

test("exit code 2 and the reason if standard output cannot be written", () => {
  expect(bash(`grok test ${failing()} >/dev/full`)).toEqual([2, "error: cannot write to standard output (ENOSPC)\n"]);
});
