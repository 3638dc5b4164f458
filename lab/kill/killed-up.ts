import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { pause } from "../base/process";
import type { Report } from "../base/progress";
import type { Workspace } from "../pulumi/environment";
import { upArguments } from "../pulumi/pulumi-command";
import { nameOf } from "../stack/deploy";
import { StateFile } from "./checkpoint";

/** Seconds between two looks at the events and at the state. */
const glance = 0.01;

/** Components and providers have no effect outside the state. */
const hasEffect = (type: string) => !/^(kube-control:|pulumi:)/.test(type);

/** The resource that an event says was just created; undefined where it says something else. */
export function createdBy({ resOutputsEvent: event }: EngineEvent): string | undefined {
  const metadata = event?.metadata;
  return event?.planning !== true && metadata?.op === "create" && hasEffect(metadata.type) ? metadata.urn : undefined;
}

/**
 * Runs `pulumi up`, and kills its process group (-9) as soon as a resource that `wanted` names was created. The state does not
 * note that resource then.
 *
 * @returns the resource's name; undefined where `pulumi up` came to its end
 * @throws LabError with what it printed, where it failed by itself
 */
export async function killedUp(
  place: Place,
  workspace: Workspace,
  wanted: (name: string) => boolean,
  report: Report,
): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-kill-"));
  const log = join(folder, "events.log");
  const state = new StateFile(place);
  const env = { ...process.env, ...workspace.env, PULUMI_DEBUG_COMMANDS: "true" };
  const args = [...upArguments, "--non-interactive", "--event-log", log];
  // a process group of its own, as a shell gives to a command
  const child = spawn("pulumi", args, { cwd: workspace.cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-6000)));
  }
  const ended = new Promise<number>((done) => child.on("close", (code) => done(code ?? 137)));
  const events = new EventLog(log);
  let victim: string | undefined;
  try {
    while (victim === undefined && child.exitCode === null) {
      state.keep();
      victim = events
        .read()
        .map(createdBy)
        .find((urn) => urn !== undefined && wanted(nameOf(urn)));
      if (victim === undefined) await pause(glance);
    }
    if (victim !== undefined && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    const code = await ended;
    if (victim === undefined && code !== 0) throw new LabError("`pulumi up` failed", undefined, said);
  } finally {
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, "SIGKILL");
    }
    events.close();
    rmSync(folder, { recursive: true });
  }
  if (victim === undefined) return undefined;
  const rolledBack = state.forget(victim);
  report(`killed in ${nameOf(victim)}${rolledBack ? " (its note in the state was taken back)" : ""}`);
  return nameOf(victim);
}

/** The engine's events, one a line, as they are written. */
class EventLog {
  private descriptor: number | undefined;
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(private readonly path: string) {}

  read(): EngineEvent[] {
    if (this.descriptor === undefined) {
      if (!existsSync(this.path)) return [];
      this.descriptor = openSync(this.path, "r");
    }
    const buffer = Buffer.alloc(1 << 16);
    for (let length = 1; length > 0;) {
      length = readSync(this.descriptor, buffer);
      this.rest += this.decoder.write(buffer.subarray(0, length));
    }
    const lines = this.rest.split("\n");
    this.rest = lines.pop() ?? "";
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as EngineEvent);
  }

  close(): void {
    if (this.descriptor !== undefined) closeSync(this.descriptor);
  }
}
