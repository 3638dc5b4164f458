import type { Place } from "../../../base/place";
import { dropStaleLocks } from "../../../pulumi/stale-lock";
import { labWorkspace, pulumiIn, upArguments } from "../../../pulumi/pulumi-command";
import type { Pulumi } from "../../../pulumi/pulumi";
import type { Contestant } from "./contestant";

/** `pulumi up` on the lab's stack. */
export function stack(place: Place, pulumi: Pulumi): Contestant {
  const workspace = labWorkspace(place, pulumi);
  return {
    name: "pulumi up",
    prepare() {
      dropStaleLocks(place);
      return Promise.resolve();
    },
    async build(report) {
      await pulumiIn(workspace, upArguments, report);
    },
    async again(report) {
      await pulumiIn(workspace, [...upArguments, "--expect-no-changes"], report);
    },
  };
}

/** Lets the stack forget what stood on hosts that are gone: nothing of it is dialled. */
export async function forget(place: Place, pulumi: Pulumi): Promise<void> {
  const workspace = labWorkspace(place, pulumi);
  const state = JSON.parse(await pulumiIn(workspace, ["stack", "export"])) as { deployment: Record<string, unknown> };
  const { deployment } = state;
  const empty = { ...state, deployment: { ...deployment, resources: [], pending_operations: [] } };
  await pulumiIn(workspace, ["stack", "import", "--force"], undefined, JSON.stringify(empty));
}
