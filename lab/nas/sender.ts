import { createSocket } from "node:dgram";
import { appendLines } from "../services/json-lines";
import { StateFile } from "../services/state-file";
import { busyness } from "./day";
import { failedLogin, nextLine } from "./lines";
import { type Format, hostname, syslogDate } from "./syslog";

export interface NasConfig {
  /** Where the lines go: the monitor. */
  readonly host: string;
  readonly port: number;
  /** Holds what was asked of the NAS while it runs. */
  readonly stateFile: string;
  /** What was sent, a line each. */
  readonly journalFile: string;
}

/** What can be asked of a NAS that runs; it outlasts a restart. */
interface Asked {
  /** Lines a minute on the day's mean. */
  readonly ratePerMinute: number;
  readonly silent: boolean;
  readonly format: Format;
}

const usual: Asked = { ratePerMinute: 30, silent: false, format: "rfc3164" };

/** Milliseconds after which a NAS that runs knows what it was asked. */
const heedsAfter = 500;

/** Milliseconds for which what was missed is made up for: a timer may come late, a machine may sleep for hours. */
const madeUpFor = 1000;

/** Sends lines by UDP, of its own or given ones. */
export class Sender {
  private readonly socket = createSocket("udp4").unref();
  private readonly asked: StateFile<Partial<Asked>>;

  constructor(private readonly config: NasConfig) {
    this.asked = new StateFile<Partial<Asked>>(config.stateFile, {});
  }

  state(): Asked {
    return { ...usual, ...this.asked.read() };
  }

  /** Asks something of the NAS that runs with the same state file. */
  ask(wanted: Partial<Asked>): void {
    this.asked.write({ ...this.asked.read(), ...wanted });
  }

  /** Failed logins of one stranger, within seconds. */
  async burst(count: number, pause = 50): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await this.send(failedLogin(this.state().format, new Date(), Math.random));
      await sleep(pause);
    }
  }

  /** One line as it is, but for {date} and {host}. */
  async send(line: string): Promise<string> {
    const text = line.replaceAll("{date}", syslogDate(new Date())).replaceAll("{host}", hostname);
    const { host, port, journalFile } = this.config;
    await new Promise<void>((resolve, reject) => {
      this.socket.send(text, port, host, (error) => (error === null ? resolve() : reject(error)));
    });
    appendLines(journalFile, [{ time: new Date().toISOString(), line: text }]);
    return text;
  }

  /** Sends until the process ends, or `going` says no. */
  async run(going: () => boolean = () => true): Promise<void> {
    let before = Date.now();
    // what is left of the pause before the next line, 1 being the rate's own: people do not click at a steady pace
    let left = 0.5 + Math.random();
    while (going()) {
      const { ratePerMinute, silent, format } = this.state();
      const now = new Date();
      const rate = silent ? 0 : (ratePerMinute * busyness(now)) / 60_000;
      left -= Math.min(now.getTime() - before, madeUpFor) * rate;
      before = now.getTime();
      if (left > 0 || rate === 0) {
        await sleep(rate === 0 ? heedsAfter : Math.min(heedsAfter, left / rate));
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
