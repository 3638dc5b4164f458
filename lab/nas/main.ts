import { createSocket } from "node:dgram";
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { readConfig } from "../services/config";
import { type Nas, nextLine, syslogDate } from "./lines";

/**
 * The lab's NAS: sends lines of a QNAP to the monitor's UDP port for as long as it runs.
 *
 *     node nas.js [CONFIG]            sends at the rate of the configuration
 *     node nas.js send LINE...        sends these lines once, and ends; `-` reads them from standard input;
 *                                     {date} and {host} in a line become the NAS's clock and name
 */
export interface NasConfig {
  /** Where the lines go: the monitor. */
  readonly host: string;
  readonly port: number;
  /** The NAS's own name. Default: NAS. */
  readonly hostname?: string;
  /** Default: 30; 0 sends nothing by itself. */
  readonly ratePerMinute?: number;
  /** Zone of the NAS's clock. Default: UTC. */
  readonly timezone?: string;
  /** What was sent, a line each. Default: not kept. */
  readonly journalFile?: string;
}

/** Bytes after which the journal is put aside. */
const rotateAt = 16 * 1024 * 1024;

export class Sender {
  private readonly socket = createSocket("udp4").unref();
  private readonly nas: Nas;

  constructor(private readonly config: NasConfig) {
    this.nas = { hostname: config.hostname ?? "NAS", timezone: config.timezone ?? "UTC" };
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
    const rate = this.config.ratePerMinute ?? 30;
    while (going()) {
      // people do not click at a steady pace: half to one and a half of the pause
      const pause = rate > 0 ? (60_000 / rate) * (0.5 + Math.random()) : 60_000;
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (rate > 0 && going()) {
        await this.send(nextLine(this.nas, new Date(), Math.random)).catch((error: unknown) => {
          process.stderr.write(`${this.config.host}:${this.config.port}: ${(error as Error).message}\n`);
        });
      }
    }
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

async function main(args: readonly string[]): Promise<void> {
  if (args[0] !== "send") {
    await new Sender(readConfig("nas", args) as NasConfig).run();
    return;
  }
  const lines = args.slice(1).flatMap((line) => (line === "-" ? readFileSync(0, "utf8").split("\n") : [line]));
  const file = process.env["LAB_NAS_CONFIG"];
  const sender = new Sender(readConfig("nas", file === undefined ? [] : [file]) as NasConfig);
  for (const line of lines.filter((text) => text !== "")) {
    process.stdout.write(`${await sender.send(line)}\n`);
  }
}

if (require.main === module) {
  void main(process.argv.slice(2));
}
