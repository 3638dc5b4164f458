import { createSocket } from "node:dgram";
import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StateFile } from "../services/state-file";
import { busyness } from "./day";
import { failedLogin, type Nas, nextLine } from "./lines";
import { type Format, syslogDate } from "./syslog";

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
  readonly format?: Format;
}

/** Milliseconds after which a NAS that runs knows what it was asked. */
const heedsAfter = 500;

/** Bytes after which the journal is put aside. */
const rotateAt = 16 * 1024 * 1024;

/** Sends lines by UDP, of its own or given ones. */
export class Sender {
  private readonly socket = createSocket("udp4").unref();
  private readonly own: Nas;
  private readonly asked: StateFile<Asked> | undefined;

  constructor(private readonly config: NasConfig) {
    this.own = { hostname: config.hostname ?? "NAS", timezone: config.timezone ?? "UTC" };
    this.asked = config.stateFile === undefined ? undefined : new StateFile<Asked>(config.stateFile, {});
  }

  /** The rate that is sent at, the time of day left aside, whether the NAS is silent, and its lines' format. */
  state(): Required<Asked> {
    const asked = this.asked?.read() ?? {};
    const { ratePerMinute = this.config.ratePerMinute ?? 30, silent = false, format = "rfc3164" } = asked;
    return { ratePerMinute, silent, format };
  }

  private nas(): Nas {
    return { ...this.own, format: this.state().format };
  }

  /** Asks something of the NAS that runs with the same state file. */
  ask(wanted: Asked): void {
    if (this.asked === undefined) throw new Error("the configuration names no stateFile: nothing can be asked");
    this.asked.write({ ...this.asked.read(), ...wanted });
  }

  /** Failed logins of one stranger, within seconds. */
  async burst(count: number, pause = 50): Promise<void> {
    for (let sent = 0; sent < count; sent++) {
      await this.send(failedLogin(this.nas(), new Date(), Math.random));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** One line as it is, but for {date} and {host}. */
  async send(line: string): Promise<string> {
    const text = line
      .replaceAll("{date}", syslogDate(new Date(), this.own.timezone))
      .replaceAll("{host}", this.own.hostname);
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
        : ratePerMinute * (this.config.day === true ? busyness(new Date(), this.own.timezone) : 1);
      if (rate === 0) {
        await sleep(heedsAfter);
        next = Date.now();
        continue;
      }
      // people do not click at a steady pace: half to one and a half of the pause. Timers come late, and so the pace is kept
      // by the clock, but what was missed while the machine slept is not made up for.
      next = Math.max(next + (60_000 / rate) * (0.5 + Math.random()), Date.now() - 1000);
      if (await this.waited(next, { ratePerMinute, silent }, going)) {
        await this.send(nextLine(this.nas(), new Date(), Math.random)).catch((error: unknown) => {
          process.stderr.write(`${this.config.host}:${this.config.port}: ${(error as Error).message}\n`);
        });
      } else next = Date.now();
    }
  }

  /** Waits until a time; false where something else was asked before. */
  private async waited(
    until: number,
    { ratePerMinute, silent }: Pick<Required<Asked>, "ratePerMinute" | "silent">,
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
