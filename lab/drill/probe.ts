import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { baseImage } from "../artefacts/base-image";
import { ensureArtefact } from "../artefacts/artefact";
import { goArtefact } from "../artefacts/go";
import type { Place } from "../base/place";
import { LabError } from "../base/error";
import { progressFor } from "../base/progress";
import { withCacheLock } from "../base/lock";

/** The remedy of errors about the lab's state. */
export const statusHint = "Check the lab: npm run lab -- status";

/**
 * One observation of the probe. probe/main.go defines the fields. Times are in milliseconds. Events of the kind `node` come from
 * node-clients.ts.
 */
export interface ProbeEvent {
  readonly kind: "node" | "connect" | "request" | "write" | "watch" | "lookup" | "lease" | "holder" | "server" | "arp";
  /** Begin, in milliseconds since 1970. */
  readonly at: number;
  readonly took?: number;
  readonly error?: string;
  readonly subject?: string;
  readonly what?: string;
  readonly state?: string;
  readonly number?: number;
  readonly tries?: number;
  readonly twice?: boolean;
  readonly renewed?: number;
}

const probeArtefact = goArtefact({ name: "probe", module: join(__dirname, "probe"), programs: { probe: "." } });

/** A running probe. */
export class Probe {
  readonly events: ProbeEvent[] = [];
  private readonly child;
  private readonly ended: Promise<unknown>;
  private output = "";

  /** Starts the program in a container that shares this machine's network and process ids. */
  private constructor(
    private readonly place: Place,
    program: string,
    config: object,
  ) {
    const args = [
      ...["run", "--rm", "--interactive", "--name", probeContainer(place), "--label", place.label],
      ...["--network", "host", "--pid", "host", "--security-opt", "apparmor=unconfined"],
      ...["NET_ADMIN", "NET_RAW", "SYS_PTRACE", "DAC_READ_SEARCH"].flatMap((capability) => ["--cap-add", capability]),
      ...["--volume", `${program}:/probe:ro`, "--entrypoint", "/probe", baseImage(place)],
    ];
    // outside the terminal's process group: after Ctrl-C, its container is needed to reconnect hosts
    this.child = spawn("docker", args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      try {
        this.events.push(JSON.parse(line) as ProbeEvent);
      } catch {
        // the last line of a killed probe may be incomplete
        this.output += `${line}\n`;
      }
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    // "close", not "exit": the last lines may arrive after the exit
    this.ended = once(this.child, "close");
    this.child.stdin.on("error", () => undefined);
    this.send(config);
  }

  /**
   * Starts a probe, and waits until it reaches the endpoint.
   *
   * @param config see probe/main.go
   */
  static async start(place: Place, config: object): Promise<Probe> {
    const progress = progressFor(process.stderr);
    const folder = await withCacheLock(place, progress, () => ensureArtefact(place, probeArtefact, () => undefined));
    const probe = new Probe(place, join(folder, "probe"), config);
    const end = Date.now() + 15_000;
    while (!probe.events.some(({ kind, error }) => kind === "connect" && error === undefined)) {
      if (Date.now() > end || probe.child.exitCode !== null) {
        await probe.stop();
        throw new LabError("the probe cannot reach the endpoint", statusHint, probe.output);
      }
      await sleep(100);
    }
    return probe;
  }

  /**
   * @throws LabError if the probe has ended or cannot observe ARP: its missing events would look like an outage
   */
  assertRunning(): void {
    const failure = this.events.find(({ kind, error }) => kind === "arp" && error !== undefined);
    if (this.child.exitCode !== null || failure !== undefined) {
      throw new LabError(
        "the probe has ended",
        "Run the drill again.",
        `${failure?.error ?? ""}\n${this.output}`.trim(),
      );
    }
  }

  /** Sends its configuration first, and later the process ids of restarted hosts. */
  send(what: object): void {
    this.child.stdin.write(`${JSON.stringify(what)}\n`);
  }

  /** The last observed states of the hosts: holders, servers, ARP answers. */
  states(): ReadonlyMap<string, string> {
    const states = new Map<string, string>();
    for (const { kind, subject = "", what = "", state = "" } of this.events) {
      if (["holder", "server", "arp"].includes(kind)) states.set(`${kind} ${subject} ${what}`.trim(), state);
    }
    return states;
  }

  /** Ends the probe and returns its events. */
  async stop(): Promise<readonly ProbeEvent[]> {
    this.child.stdin.end();
    const killTimer = setTimeout(
      () => spawn("docker", ["kill", probeContainer(this.place)], { stdio: "ignore" }),
      40_000,
    );
    await this.ended;
    clearTimeout(killTimer);
    return this.events;
  }
}

export const probeContainer = (place: Place) => `${place.prefix}-drill`;
