import { dirname } from "node:path";
import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation";
import type { Place } from "../base/place";
import { labWorkspace, stackName } from "../pulumi/environment";
import type { Pulumi } from "../pulumi/pulumi";

/** The lab's stack in Pulumi's Automation API. It runs the same CLI as `npm run pulumi`. */
export async function labStack(place: Place, pulumi: Pulumi): Promise<Stack> {
  const pulumiCommand = await PulumiCommand.get({ root: dirname(pulumi.bin) });
  const { cwd: workDir, env: envVars } = labWorkspace(place, pulumi);
  return LocalWorkspace.selectStack({ stackName, workDir }, { pulumiCommand, envVars });
}
