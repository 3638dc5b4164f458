import * as pulumi from "@pulumi/pulumi";
import { UserError } from "./error";

/**
 * A function of the engine that returns the decrypted outputs of each resource in a stack's state, by URN. Only the
 * URNs are used. The engine adds its default provider `pulumi` to the state for it, which previews neither show nor
 * count.
 */
const readState = "pulumi:pulumi:readStackResourceOutputs";

/**
 * Returns a function that tells whether the stack's state has a note of a resource. A resource without a note may still
 * exist, if Pulumi was killed or the state was lost. Wait for it before this run registers resources that are asked about,
 * because they get notes too.
 *
 * In a preview, every resource counts as noted, because a preview adopts nothing. The engine could also not read the
 * state of a new stack, which does not exist until the first `up` has registered the stack.
 *
 * @throws UserError if the state cannot be read
 */
export async function notedInState(): Promise<(type: string, name: string) => boolean> {
  if (pulumi.runtime.isDryRun()) {
    return () => true;
  }
  const [organization, project, stack] = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()];
  // Other backends than Pulumi's service have only this organization, and old ones do not accept it in a stack's name.
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
