import { maintain } from "./maintenance/maintain";
import { restore } from "./restore/restore";
import { status } from "./status";

/** The first word selects the command. */
const [command, ...args] = process.argv.slice(2);
const surroundings = { cwd: process.cwd(), env: process.env };
const ended =
  command === "maintain"
    ? maintain(args, surroundings)
    : command === "restore"
      ? restore(args, surroundings)
      : status(process.argv.slice(2), surroundings);

void ended.then((code) => {
  // exit after all output is written: standard output may be a pipe
  process.stdout.write("", () => process.exit(code));
});
