import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { pause, yielding } from "../base/process";
import type { Workspace } from "../pulumi/environment";
import { upArguments } from "../pulumi/pulumi-command";
import { StateFile } from "./checkpoint";

/**
 * Runs `pulumi up`, and kills its process group (-9) as soon as the state holds a new resource that `wanted` accepts. Then
 * restores the state without that resource.
 *
 * @returns the URNs of the resources that exist but are not in the state; empty if `pulumi up` completed
 * @throws LabError with its output, if it failed by itself
 */
export async function killUp(place: Place, workspace: Workspace, wanted: (urn: string) => boolean): Promise<string[]> {
  const state = StateFile.of(place);
  const before = state.read();
  let created: string[] = [];
  await killUpWhen(workspace, () => {
    created = [...state.read()].filter((urn) => !before.has(urn) && wanted(urn));
    return created.length > 0;
  });
  return created.length > 0 ? state.rewind(created) : [];
}

/**
 * Runs `pulumi up`, and kills its process group (-9) as soon as a condition holds.
 *
 * @param pollSeconds seconds between two checks of the condition
 * @returns whether it was killed; false if it completed before
 * @throws LabError with its output, if it failed by itself
 */
export async function killUpWhen(
  workspace: Workspace,
  holds: () => boolean | Promise<boolean>,
  pollSeconds = 0.01,
): Promise<boolean> {
  const env = { ...process.env, ...workspace.env };
  const [program, args] = yielding("pulumi", [...upArguments, "--non-interactive"]);
  // a session and a process group of its own, as a terminal and its shell give to a command
  const child = spawn(program, args, { cwd: workspace.cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-6000)));
  }
  const ended = new Promise<number>((done, fail) => child.on("error", fail).on("close", (code) => done(code ?? 137)));
  const kill = () => {
    // it may have ended already
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, "SIGKILL");
    }
  };
  let isReached = false;
  try {
    while (!isReached && child.exitCode === null && child.signalCode === null) {
      isReached = await holds();
      if (!isReached) await pause(pollSeconds);
    }
  } finally {
    kill();
  }
  const code = await ended;
  if (child.pid !== undefined) endSession(child.pid);
  if (!isReached && code !== 0) throw new LabError("`pulumi up` failed", undefined, said);
  return isReached;
}

/** Ends the remaining processes of a session: the engine's plugins have process groups of their own, and those in Node.js outlive the engine. */
function endSession(session: number): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // PID (NAME) STATE PPID PGRP SESSION …; a name may hold blanks and brackets
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(fields[3]) === session) process.kill(Number(pid), "SIGTERM");
    } catch {
      // it has ended since
    }
  }
}
