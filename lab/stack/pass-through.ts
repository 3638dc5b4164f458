import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import type { Pulumi } from "../pulumi/pulumi";
import { projectFolder, pulumiEnvironment } from "../pulumi/environment";
import { dropStaleLocks } from "../pulumi/stale-lock";

/** Runs a command with this process's terminal; gives its exit code. */
export function inTerminal(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  return new Promise((done, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: "inherit" });
    // Ctrl-C reaches the command by itself: it ends in its own way, and we with it
    const wait = () => undefined;
    const pass = (signal: NodeJS.Signals) => child.kill(signal);
    process.on("SIGINT", wait);
    process.on("SIGTERM", pass);
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "ENOENT"
          ? new LabError(`${command} is not installed`, `Install ${command}, or put it on PATH.`)
          : error,
      ),
    );
    child.on("close", (code, signal) => {
      process.off("SIGINT", wait);
      process.off("SIGTERM", pass);
      done(code ?? (signal === "SIGINT" ? 130 : 143));
    });
  });
}

/** Any `pulumi` command on the lab's stack. */
export async function pulumiCommand(place: Place, pulumi: Pulumi, args: readonly string[]): Promise<number> {
  if (!existsSync(join(projectFolder(place), "Pulumi.yaml"))) {
    throw new LabError("there is no lab yet, hence no stack of its", "Raise it: npm run lab");
  }
  dropStaleLocks(place);
  return inTerminal(join(pulumi.bin, "pulumi"), args, {
    cwd: projectFolder(place),
    env: pulumiEnvironment(place, pulumi),
  });
}
