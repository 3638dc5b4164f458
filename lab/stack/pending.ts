import type { Deployment, Stack } from "@pulumi/pulumi/automation";

interface Operation {
  readonly type?: string;
  readonly resource?: { readonly type?: string };
}

/** Types whose creation may be run twice: their steps find what an interrupted run has done. */
const repeatable = /^(command:|kube-control-hosts:|pulumi:)/;

/** The deployment without pending operations that the next `up` repeats; undefined where there are none. */
export function withoutRepeatable(given: Deployment): Deployment | undefined {
  const deployment = given.deployment as { readonly pending_operations?: readonly Operation[] };
  const pending = deployment.pending_operations ?? [];
  const left = pending.filter(({ type, resource }) => type !== "creating" || !repeatable.test(resource?.type ?? ""));
  return left.length === pending.length
    ? undefined
    : { ...given, deployment: { ...deployment, pending_operations: left } };
}

/** Takes away what an `up` that was killed has left pending: Pulumi would warn of it at each command. */
export async function clearPending(stack: Stack): Promise<void> {
  const cleared = withoutRepeatable(await stack.exportStack());
  if (cleared !== undefined) {
    await stack.importStack(cleared);
  }
}
