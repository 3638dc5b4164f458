import { spawn } from "node:child_process";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { pause } from "../base/process";
import type { Workspace } from "../pulumi/environment";
import { upArguments } from "../pulumi/pulumi-command";
import { StateFile } from "./checkpoint";

/** Seconds between two looks at the state. */
const glance = 0.01;

/**
 * Runs `pulumi up`, and kills its process group (-9) as soon as the state notes a creation that `wanted` names. The state is put
 * back to what it was before that note.
 *
 * @returns the URNs of what was created and is not noted; empty where `pulumi up` came to its end
 * @throws LabError with what it printed, where it failed by itself
 */
export async function killUp(place: Place, workspace: Workspace, wanted: (urn: string) => boolean): Promise<string[]> {
  const state = StateFile.of(place);
  const noted = state.look();
  const env = { ...process.env, ...workspace.env };
  const args = [...upArguments, "--non-interactive"];
  // a process group of its own, as a shell gives to a command
  const child = spawn("pulumi", args, { cwd: workspace.cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (said = `${said}${text}`.slice(-6000)));
  }
  const ended = new Promise<number>((done, fail) => child.on("error", fail).on("close", (code) => done(code ?? 137)));
  const kill = () => {
    // it may have ended since
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      process.kill(-child.pid, "SIGKILL");
    }
  };
  let victims: string[] = [];
  try {
    while (victims.length === 0 && child.exitCode === null && child.signalCode === null) {
      victims = [...state.look()].filter((urn) => !noted.has(urn) && wanted(urn));
      if (victims.length === 0) await pause(glance);
    }
  } finally {
    kill();
  }
  const code = await ended;
  if (victims.length > 0) return state.forget(victims);
  if (code !== 0) throw new LabError("`pulumi up` failed", undefined, said);
  return [];
}
