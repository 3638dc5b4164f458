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

/** What to do where the lab is not as it should be. */
export const statusHint = "Look: npm run lab -- status";

/**
 * One thing that the probe saw; what the fields mean is said in probe/main.go. Times in milliseconds. Events of the kind `node` come
 * from node-clients.ts.
 */
export interface ProbeEvent {
  readonly kind: "node" | "connect" | "request" | "write" | "watch" | "lookup" | "lease" | "holder" | "server" | "arp";
  /** When it began, milliseconds since 1970. */
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

/** A probe that runs. */
export class Probe {
  readonly events: ProbeEvent[] = [];
  private readonly child;
  private readonly ended: Promise<unknown>;
  private said = "";

  /** Starts the program in a container of the lab's that sees this machine's network and processes. */
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
    // not in the terminal's group: after Ctrl-C it is still needed, for what was cut is mended through its container
    this.child = spawn("docker", args, { stdio: ["pipe", "pipe", "pipe"], detached: true });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      try {
        this.events.push(JSON.parse(line) as ProbeEvent);
      } catch {
        // of a probe that was killed, the last line may be half of one
        this.said += `${line}\n`;
      }
    });
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    // its last lines may come after its end, and before "close"
    this.ended = once(this.child, "close");
    this.child.stdin.on("error", () => undefined);
    this.tell(config);
  }

  /**
   * Starts a probe, and waits until it has reached the endpoint.
   *
   * @param config as probe/main.go takes it
   */
  static async start(place: Place, config: object): Promise<Probe> {
    const progress = progressFor(process.stderr);
    const folder = await withCacheLock(place, progress, () => ensureArtefact(place, probeArtefact, () => undefined));
    const probe = new Probe(place, join(folder, "probe"), config);
    const end = Date.now() + 15_000;
    while (!probe.events.some(({ kind, error }) => kind === "connect" && error === undefined)) {
      if (Date.now() > end || probe.child.exitCode !== null) {
        await probe.stop();
        throw new LabError("the probe does not reach the endpoint", statusHint, probe.said);
      }
      await sleep(100);
    }
    return probe;
  }

  /**
   * @throws LabError where it has ended by itself, or cannot see: what it has not seen is nobody's outage
   */
  assertRunning(): void {
    const blind = this.events.find(({ kind, error }) => kind === "arp" && error !== undefined);
    if (this.child.exitCode !== null || blind !== undefined) {
      throw new LabError("the probe has ended", "Run the drill again.", `${blind?.error ?? ""}\n${this.said}`.trim());
    }
  }

  /** Tells it its configuration, and later the process ids of hosts that were started anew. */
  tell(what: object): void {
    this.child.stdin.write(`${JSON.stringify(what)}\n`);
  }

  /** The last state of everything that is seen of the hosts: holders, servers, answers by ARP. */
  seen(): ReadonlyMap<string, string> {
    const states = new Map<string, string>();
    for (const { kind, subject = "", what = "", state = "" } of this.events) {
      if (["holder", "server", "arp"].includes(kind)) states.set(`${kind} ${subject} ${what}`.trim(), state);
    }
    return states;
  }

  /** Ends it, and gives all that it has seen. */
  async stop(): Promise<readonly ProbeEvent[]> {
    this.child.stdin.end();
    const late = setTimeout(() => spawn("docker", ["kill", probeContainer(this.place)], { stdio: "ignore" }), 40_000);
    await this.ended;
    clearTimeout(late);
    return this.events;
  }
}

export const probeContainer = (place: Place) => `${place.prefix}-drill`;
