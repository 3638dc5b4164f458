import { createSocket } from "node:dgram";
import { appendLines } from "../services/json-lines";
import { StateFile } from "../services/state-file";
import { loadAt } from "./day";
import { failedLogin, nextLine } from "./lines";
import { type Format, hostname, syslogDate } from "./syslog";

export interface NasConfig {
  /** The receiver of the lines: the monitor. */
  readonly host: string;
  readonly port: number;
  /** Holds {@link NasSettings}. */
  readonly stateFile: string;
  /** The sent lines. */
  readonly journalFile: string;
}

/** Settings of a running NAS. A restart keeps them. */
interface NasSettings {
  /** Lines a minute, as the mean of a day. */
  readonly ratePerMinute: number;
  readonly silent: boolean;
  readonly format: Format;
}

const defaults: NasSettings = { ratePerMinute: 30, silent: false, format: "rfc3164" };

/** Milliseconds between two reads of the settings, at most. */
const pollInterval = 500;

/** Milliseconds of delay for which missed lines are sent later. After a longer one, e.g. a suspended machine, they are dropped. */
const catchUpLimit = 1000;

/** Sends lines by UDP: generated ones, or given ones. */
export class Sender {
  private readonly socket = createSocket("udp4").unref();
  private readonly file: StateFile<Partial<NasSettings>>;

  constructor(private readonly config: NasConfig) {
    this.file = new StateFile<Partial<NasSettings>>(config.stateFile, {});
  }

  settings(): NasSettings {
    return { ...defaults, ...this.file.read() };
  }

  /** Changes settings of the NAS that runs with the same state file. */
  change(settings: Partial<NasSettings>): void {
    this.file.write({ ...this.file.read(), ...settings });
  }

  /** Sends failed logins of one attacker. */
  async burst(count: number, pause = 50): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await this.send(failedLogin(this.settings().format, new Date(), Math.random));
      await sleep(pause);
    }
  }

  /** Sends a line, with {date} and {host} replaced. */
  async send(line: string): Promise<string> {
    const text = line.replaceAll("{date}", syslogDate(new Date())).replaceAll("{host}", hostname);
    const { host, port, journalFile } = this.config;
    await new Promise<void>((resolve, reject) => {
      this.socket.send(text, port, host, (error) => (error === null ? resolve() : reject(error)));
    });
    appendLines(journalFile, [{ time: new Date().toISOString(), line: text }]);
    return text;
  }

  /** Sends generated lines while `going` returns true. */
  async run(going: () => boolean = () => true): Promise<void> {
    let before = Date.now();
    // the rest of the pause before the next line, as a multiple of the mean pause: users do not act at a steady rate
    let left = 0.5 + Math.random();
    while (going()) {
      const { ratePerMinute, silent, format } = this.settings();
      const now = new Date();
      const rate = silent ? 0 : (ratePerMinute * loadAt(now)) / 60_000;
      left -= Math.min(now.getTime() - before, catchUpLimit) * rate;
      before = now.getTime();
      if (left > 0 || rate === 0) {
        await sleep(rate === 0 ? pollInterval : Math.min(pollInterval, left / rate));
        continue;
      }
      left += 0.5 + Math.random();
      await this.send(nextLine(format, now, Math.random)).catch((error: unknown) => {
        process.stderr.write(`${this.config.host}:${this.config.port}: ${(error as Error).message}\n`);
      });
    }
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
