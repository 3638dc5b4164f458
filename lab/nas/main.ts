/**
 * The lab's NAS: sends lines of a QNAP NAS to the monitor's UDP port.
 *
 *     node nas.js                             sends lines until it is stopped
 *     node nas.js send LINE...                sends these lines and exits; `-` reads them from standard input;
 *                                             {date} and {host} in a line become the NAS's time and name
 *     node nas.js burst failed-logins [N]     sends N failed logins and exits
 *     node nas.js rate N | silence on|off | format FORMAT
 *                                             changes the settings of the NAS that runs
 *     node nas.js state                       prints those settings
 */
import { readFileSync } from "node:fs";
import { readConfig } from "../services/config";
import { type NasConfig, Sender } from "./sender";
import { formats } from "./syslog";

const usage =
  "usage: nas.js | send LINE… | rate N | silence on|off | format rfc3164|rfc5424 | burst failed-logins [N] | state";

const mostPerMinute = 60_000;

async function main([command, ...args]: readonly string[]): Promise<void> {
  const sender = new Sender(readConfig("nas") as NasConfig);
  const [word, number] = args;
  switch (command) {
    case undefined:
      return sender.run();
    case "send":
      for (const line of args.flatMap((arg) => (arg === "-" ? readFileSync(0, "utf8").split("\n") : [arg]))) {
        if (line !== "") process.stdout.write(`${await sender.send(line)}\n`);
      }
      return;
    case "burst": {
      if (word !== "failed-logins") throw new Error(usage);
      const count = wholeNumber(number ?? "30", 1, 10_000);
      await sender.burst(count);
      process.stdout.write(`sent ${count} failed logins\n`);
      return;
    }
    case "rate":
      sender.change({ ratePerMinute: wholeNumber(word, 0, mostPerMinute) });
      break;
    case "silence":
      sender.change({ silent: oneOf(["on", "off"], word) === "on" });
      break;
    case "format":
      sender.change({ format: oneOf(formats, word) });
      break;
    case "state":
      break;
    default:
      throw new Error(usage);
  }
  const { ratePerMinute, silent, format } = sender.settings();
  const lines = `${ratePerMinute} lines of ${format} a minute as the day's mean`;
  process.stdout.write(`${silent ? "silent" : "sending"}, ${lines}\n`);
}

function oneOf<T extends string>(choices: readonly T[], text: string | undefined): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new Error(usage);
  return found;
}

function wholeNumber(text: string | undefined, least: number, most: number): number {
  const value = Number(text);
  if (text === undefined || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${text ?? "the number is missing:"} is not a whole number from ${least} to ${most}`);
  }
  return value;
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
