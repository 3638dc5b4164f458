import { status } from "./status";

void status(process.argv.slice(2), { cwd: process.cwd(), env: process.env }).then((code) => {
  // exit after all output is written: standard output may be a pipe
  process.stdout.write("", () => process.exit(code));
});
