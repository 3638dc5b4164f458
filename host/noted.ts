import * as pulumi from "@pulumi/pulumi";
import { UserError } from "./error";

/**
 * A function of the engine itself: the outputs of each resource in a stack's state, by URN. It decrypts them; only URNs are used.
 * The engine notes its own default provider `pulumi` for it, which previews neither show nor count.
 */
const readState = "pulumi:pulumi:readStackResourceOutputs";

/**
 * Tells whether the stack's state notes a resource. What it does not note, an earlier run may have made all the same, when
 * Pulumi was killed, or when the state was lost. What this run registers is noted from then on: ask before.
 *
 * A preview adopts nothing, so that everything counts as noted there. The engine fails where it reads the state of a stack that
 * has none, which is so until the first `up` has registered the stack itself.
 *
 * @throws UserError where the state cannot be read
 */
export async function notedInState(): Promise<(type: string, name: string) => boolean> {
  if (pulumi.runtime.isDryRun()) {
    return () => true;
  }
  const [organization, project, stack] = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()];
  // Backends other than Pulumi's service have the one organization of this name, and old ones do not take it in a stack's name.
  const stackName = organization === "organization" ? stack : `${organization}/${project}/${stack}`;
  const answer = (await pulumi.runtime.invoke(readState, { stackName }).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new UserError(`its state cannot be read: ${why}`, `stack ${stackName}`, "run the same command again");
  })) as { readonly outputs: Readonly<Record<string, unknown>> };
  const noted = new Set(Object.keys(answer.outputs).map(typeAndName));
  return (type, name) => noted.has(`${type}::${name}`);
}

/** `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`; a name may have colons. */
function typeAndName(urn: string): string {
  const [, , types = "", ...name] = urn.split("::");
  return `${types.split("$").at(-1)}::${name.join("::")}`;
}
