import { status } from "./status";

void status(process.argv.slice(2), { cwd: process.cwd(), env: process.env }).then((code) => {
  // not earlier than all is written: standard output may be a pipe
  process.stdout.write("", () => process.exit(code));
});
