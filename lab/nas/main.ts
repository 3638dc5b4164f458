/**
 * The lab's NAS: sends lines of a QNAP to the monitor's UDP port for as long as it runs.
 *
 *     node nas.js [CONFIG]            sends at the rate of the configuration
 *     node nas.js send LINE...        sends these lines once, and ends; `-` reads them from standard input;
 *                                     {date} and {host} in a line become the NAS's clock and name
 *     node nas.js                     with `rate N`, `silence on|off`, `format FORMAT`, `burst failed-logins [N]` or `state`:
 *                                     what a NAS that runs beside it does from now on, what is sent at once, how things are
 */
import { readFileSync } from "node:fs";
import { readConfig } from "../services/config";
import { type NasConfig, Sender } from "./sender";
import { formats } from "./syslog";

const usage =
  "usage: nas.js [CONFIG] | send LINE… | rate N | silence on|off | format rfc3164|rfc5424 | burst failed-logins [N] | state";

const mostPerMinute = 60_000;

async function main(args: readonly string[]): Promise<void> {
  const [command = "", ...rest] = args;
  const file = process.env["LAB_NAS_CONFIG"];
  const commands: Readonly<Record<string, (sender: Sender) => Promise<void> | void>> = {
    send: async (sender) => {
      const lines = rest.flatMap((line) => (line === "-" ? readFileSync(0, "utf8").split("\n") : [line]));
      for (const line of lines.filter((text) => text !== "")) {
        process.stdout.write(`${await sender.send(line)}\n`);
      }
    },
    rate: (sender) => {
      sender.ask({ ratePerMinute: wholeNumber(rest[0], 0, mostPerMinute) });
      tell(sender);
    },
    silence: (sender) => {
      if (rest[0] !== "on" && rest[0] !== "off") throw new Error(usage);
      sender.ask({ silent: rest[0] === "on" });
      tell(sender);
    },
    format: (sender) => {
      const format = formats.find((each) => each === rest[0]);
      if (format === undefined) throw new Error(usage);
      sender.ask({ format });
      tell(sender);
    },
    burst: async (sender) => {
      if (rest[0] !== "failed-logins") throw new Error(usage);
      const count = wholeNumber(rest[1] ?? "30", 1, 10_000);
      await sender.burst(count);
      process.stdout.write(`sent ${count} failed logins\n`);
    },
    state: tell,
  };
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (run === undefined) {
    await new Sender(readConfig("nas", args) as NasConfig).run();
    return;
  }
  await run(new Sender(readConfig("nas", file === undefined ? [] : [file]) as NasConfig));
}

function tell(sender: Sender): void {
  const { ratePerMinute, silent, format } = sender.state();
  const lines = `${ratePerMinute} lines of ${format} a minute on the day's mean`;
  process.stdout.write(`${silent ? "silent" : "sending"}, ${lines}\n`);
}

function wholeNumber(text: string | undefined, least: number, most: number): number {
  const value = Number(text);
  if (text === undefined || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${text ?? "nothing"} is not a whole number from ${least} to ${most}`);
  }
  return value;
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
