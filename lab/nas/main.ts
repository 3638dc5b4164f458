import { createSocket } from "node:dgram";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { readConfig } from "../services/config";
import { StateFile } from "../services/state-file";
import { busyness } from "./day";
import { failedLogin, type Nas, nextLine, syslogDate } from "./lines";

/**
 * The lab's NAS: sends lines of a QNAP to the monitor's UDP port for as long as it runs.
 *
 *     node nas.js [CONFIG]            sends at the rate of the configuration
 *     node nas.js send LINE...        sends these lines once, and ends; `-` reads them from standard input;
 *                                     {date} and {host} in a line become the NAS's clock and name
 *     node nas.js                     with `rate N`, `silence on|off`, `burst failed-logins [N]` or `state`: what a NAS
 *                                     that runs beside it does from now on, what is sent at once, how things are
 */
export interface NasConfig {
  /** Where the lines go: the monitor. */
  readonly host: string;
  readonly port: number;
  /** The NAS's own name. Default: NAS. */
  readonly hostname?: string;
  /** The day's mean. Default: 30; 0 sends nothing by itself. */
  readonly ratePerMinute?: number;
  /** Busier by day than by night, with a backup at 2. Default: the same at all times. */
  readonly day?: boolean;
  /** Holds what was asked of the NAS while it runs. Default: nothing can be asked. */
  readonly stateFile?: string;
  /** Zone of the NAS's clock. Default: UTC. */
  readonly timezone?: string;
  /** What was sent, a line each. Default: not kept. */
  readonly journalFile?: string;
}

/** What can be asked of a NAS that runs; it outlasts a restart. */
interface Asked {
  readonly ratePerMinute?: number;
  readonly silent?: boolean;
}

/** Milliseconds after which a NAS that runs knows what it was asked. */
const heedsAfter = 500;

const mostPerMinute = 60_000;

/** Bytes after which the journal is put aside. */
const rotateAt = 16 * 1024 * 1024;

export class Sender {
  private readonly socket = createSocket("udp4").unref();
  private readonly nas: Nas;
  private readonly asked: StateFile<Asked> | undefined;

  constructor(private readonly config: NasConfig) {
    this.nas = { hostname: config.hostname ?? "NAS", timezone: config.timezone ?? "UTC" };
    this.asked = config.stateFile === undefined ? undefined : new StateFile<Asked>(config.stateFile, {});
  }

  /** The rate that is sent at, the time of day left aside, and whether the NAS is silent. */
  state(): { ratePerMinute: number; silent: boolean } {
    const { ratePerMinute = this.config.ratePerMinute ?? 30, silent = false } = this.asked?.read() ?? {};
    return { ratePerMinute, silent };
  }

  /** Asks something of the NAS that runs with the same state file. */
  ask(wanted: Asked): void {
    if (this.asked === undefined) throw new Error("the configuration names no stateFile: nothing can be asked");
    this.asked.write({ ...this.asked.read(), ...wanted });
  }

  /** Failed logins of one stranger, within seconds. */
  async burst(count: number, pause = 50): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await this.send(failedLogin(this.nas, new Date(), Math.random));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** One line as it is, but for {date} and {host}. */
  async send(line: string): Promise<string> {
    const text = line
      .replaceAll("{date}", syslogDate(new Date(), this.nas.timezone))
      .replaceAll("{host}", this.nas.hostname);
    await new Promise<void>((resolve, reject) => {
      this.socket.send(text, this.config.port, this.config.host, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    this.remember(text);
    return text;
  }

  /** Sends until the process ends, or `going` says no. */
  async run(going: () => boolean = () => true): Promise<void> {
    let next = Date.now();
    while (going()) {
      const { ratePerMinute, silent } = this.state();
      const rate = silent
        ? 0
        : ratePerMinute * (this.config.day === true ? busyness(new Date(), this.nas.timezone) : 1);
      if (rate === 0) {
        await sleep(heedsAfter);
        next = Date.now();
        continue;
      }
      // people do not click at a steady pace: half to one and a half of the pause. Timers come late, and so the pace is kept
      // by the clock, but what was missed while the machine slept is not made up for.
      next = Math.max(next + (60_000 / rate) * (0.5 + Math.random()), Date.now() - 1000);
      if (await this.waited(next, { ratePerMinute, silent }, going)) {
        await this.send(nextLine(this.nas, new Date(), Math.random)).catch((error: unknown) => {
          process.stderr.write(`${this.config.host}:${this.config.port}: ${(error as Error).message}\n`);
        });
      } else next = Date.now();
    }
  }

  /** Waits until a time; false where something else was asked before. */
  private async waited(
    until: number,
    { ratePerMinute, silent }: Required<Asked>,
    going: () => boolean,
  ): Promise<boolean> {
    for (let left = until - Date.now(); left > 0 && going(); left = until - Date.now()) {
      await sleep(Math.min(left, heedsAfter));
      const now = this.state();
      if (now.ratePerMinute !== ratePerMinute || now.silent !== silent) return false;
    }
    return going();
  }

  private remember(text: string): void {
    const file = this.config.journalFile;
    if (file === undefined) {
      return;
    }
    mkdirSync(dirname(file), { recursive: true });
    if (existsSync(file) && statSync(file).size > rotateAt) {
      renameSync(file, `${file}.1`);
    }
    appendFileSync(file, `${JSON.stringify({ time: new Date().toISOString(), line: text })}\n`);
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const usage = "usage: nas.js [CONFIG] | send LINE… | rate N | silence on|off | burst failed-logins [N] | state";

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
  const { ratePerMinute, silent } = sender.state();
  process.stdout.write(`${silent ? "silent" : "sending"}, ${ratePerMinute} lines a minute on the day's mean\n`);
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
