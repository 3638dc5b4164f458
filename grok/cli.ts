#!/usr/bin/env node
import { main } from "./commands/main";
import { UNUSABLE } from "./commands/command";

/** What a shell reports for a program that SIGPIPE ended: the reader, such as `head`, closed the pipe. */
const PIPE_CLOSED = 141;

process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
  if (code !== "EPIPE") process.stderr.write(`error: cannot write to standard output (${code})\n`);
  process.exit(code === "EPIPE" ? PIPE_CLOSED : UNUSABLE);
});
process.stderr.on("error", ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === "EPIPE" ? PIPE_CLOSED : UNUSABLE);
});

const terminal = {
  input: process.stdin,
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
  env: process.env,
};
void main(process.argv.slice(2), terminal).then((code) => (process.exitCode = code));
