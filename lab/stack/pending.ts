import { existsSync, readFileSync } from "node:fs";
import type { Deployment, Stack } from "@pulumi/pulumi/automation";
import type { Place } from "../base/place";
import { stateFile } from "../pulumi/environment";
import { ensurePulumi } from "../pulumi/pulumi";
import { removeStaleLocks } from "../pulumi/stale-lock";
import { labStack } from "./stack";

interface Operation {
  readonly type?: string;
  readonly resource?: { readonly type?: string };
}

/** Types whose creation is idempotent: it adopts what an interrupted run created on hosts, at Cloudflare and at Datadog. */
const repeatable = /^(command:|kube-control-hosts:|pulumi:|pulumi-nodejs:|cloudflare:|datadog:)/;

/** The deployment without the pending operations that the next `up` repeats; undefined if there are none. */
export function withoutRepeatable(given: Deployment): Deployment | undefined {
  const deployment = given.deployment as { readonly pending_operations?: readonly Operation[] };
  const pending = deployment.pending_operations ?? [];
  const left = pending.filter(({ type, resource }) => type !== "creating" || !repeatable.test(resource?.type ?? ""));
  return left.length === pending.length
    ? undefined
    : { ...given, deployment: { ...deployment, pending_operations: left } };
}

/** Removes the pending operations of a killed `up`: Pulumi would warn of them at each command. */
export async function clearPending(stack: Stack): Promise<void> {
  const cleared = withoutRepeatable(await stack.exportStack());
  if (cleared !== undefined) {
    await stack.importStack(cleared);
  }
}

/** As {@link clearPending}, before a user's Pulumi command. Does nothing while another command runs. */
export async function clearPendingOf(place: Place): Promise<void> {
  if (!removeStaleLocks(place) && hasPending(place)) {
    await clearPending(await labStack(place, await ensurePulumi(place)));
  }
}

/** Whether the state file holds a pending operation. It reads the file, because Pulumi takes seconds to answer. */
export function hasPending(place: Place): boolean {
  const file = stateFile(place);
  if (!existsSync(file)) {
    return false;
  }
  const { checkpoint } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly checkpoint?: { readonly latest?: { readonly pending_operations?: readonly unknown[] } };
  };
  return (checkpoint?.latest?.pending_operations ?? []).length > 0;
}
