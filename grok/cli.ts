#!/usr/bin/env node
import { main } from "./commands/main";

// A reader such as `head` may close the pipe early.
process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => process.exit(code === "EPIPE" ? 0 : 2));

const terminal = {
  input: process.stdin,
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
  env: process.env,
};
void main(process.argv.slice(2), terminal).then((code) => (process.exitCode = code));
