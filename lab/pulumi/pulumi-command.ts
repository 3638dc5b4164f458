import { existsSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { inTerminal, tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { projectFolder, pulumiEnvironment } from "./environment";
import { needPulumi, type Pulumi } from "./pulumi";
import { dropStaleLocks } from "./stale-lock";

/** A folder with a Pulumi project, and what makes the CLI work on it alone. */
export interface Workspace {
  readonly folder: string;
  /** Folder of the CLI. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The lab's own. */
export function labWorkspace(place: Place, pulumi: Pulumi): Workspace {
  return { folder: projectFolder(place), bin: pulumi.bin, env: pulumiEnvironment(place, pulumi) };
}

/** Runs a command of Pulumi's to its end; what a failure said is the error's. */
export async function pulumiIn(
  { folder, bin, env }: Workspace,
  args: readonly string[],
  report: Report = () => undefined,
  input?: string,
): Promise<string> {
  const { code, stdout, stderr } = await tryRun(join(bin, "pulumi"), [...args, "--non-interactive"], {
    cwd: folder,
    env,
    input,
    onLine: (line) => {
      if (line.trim() !== "") report(line.trim().slice(0, 100));
    },
  });
  if (code !== 0) {
    const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-40).join("\n");
    throw new LabError(`pulumi ${args[0]} ended with ${code}`, undefined, last);
  }
  return stdout;
}

/** As `npm run lab` runs it: no preview before, which would be a second run of the program. */
export const upArguments = ["up", "--yes", "--skip-preview", "--color", "never"] as const;

/** Any command of Pulumi's on the lab's stack, with this process's terminal; gives its exit code. */
export async function pulumiInTerminal(place: Place, args: readonly string[]): Promise<number> {
  if (!existsSync(join(projectFolder(place), "Pulumi.yaml"))) {
    throw new LabError("there is no lab yet, hence no stack of its", "Raise it: npm run lab");
  }
  dropStaleLocks(place);
  const { folder, bin, env } = labWorkspace(place, await needPulumi(place, () => undefined));
  return inTerminal(join(bin, "pulumi"), args, { cwd: folder, env });
}
