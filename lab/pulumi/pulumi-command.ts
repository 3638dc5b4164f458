import { existsSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { inTerminal, run } from "../base/process";
import type { Report } from "../base/progress";
import { labWorkspace, projectFolder, type Workspace } from "./environment";
import { ensurePulumi } from "./pulumi";
import { removeStaleLocks } from "./stale-lock";

/** Runs a Pulumi command. A failure is an error with its output. */
export function pulumiIn(
  workspace: Workspace,
  args: readonly string[],
  report: Report = () => undefined,
  input?: string,
): Promise<string> {
  const onLine = (line: string) => {
    if (line.trim() !== "") report(line.trim().slice(0, 100));
  };
  return run("pulumi", [...args, "--non-interactive"], { ...workspace, input, onLine, isElsewhere: true });
}

/** As `npm run lab` runs it: without a preview, which would run the program twice. */
export const upArguments = ["up", "--yes", "--skip-preview", "--color", "never"] as const;

/** Runs any Pulumi command on the lab's stack with this process's terminal; returns its exit code. */
export async function pulumiInTerminal(place: Place, args: readonly string[]): Promise<number> {
  if (!existsSync(join(projectFolder(place), "Pulumi.yaml"))) {
    throw new LabError("the lab has not been created yet", "Create it: npm run lab");
  }
  removeStaleLocks(place);
  return inTerminal("pulumi", args, labWorkspace(place, await ensurePulumi(place)));
}
