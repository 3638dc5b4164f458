import type { CreateResult, DiffResult, UpdateResult } from "@pulumi/pulumi/provider";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cleanUp } from "../host/clean-up";
import type { Role } from "../host/facts";
import { runOverSsh, type SshTarget } from "../host/ssh";
import type { Warn } from "./engine-log";
import { printable } from "./printable";

/** A host, and its role in a cluster. */
export interface LeftoversInputs extends SshTarget {
  readonly role: Role;
  /** `FQDN:PORT`. */
  readonly cluster: string;
}

const looked = () => readFileSync(join(__dirname, "leftovers.sh"), "utf8");

/**
 * Checks whether a host that left the stack was cleaned up, and warns of what remains. It never fails, because a host
 * that does not answer must not prevent the rest of a deletion.
 */
export async function remove(warn: Warn, urn: string, host: LeftoversInputs): Promise<void> {
  const answer = await runOverSsh(host, looked(), { seconds: 30, patienceSeconds: 0 });
  const { what, remove: command } = cleanUp[host.role];
  if (answer.kind !== "answered") {
    const why = answer.kind === "unreachable" ? "does not answer" : "could not be checked";
    await warn(
      urn,
      `${host.name} (${host.address}) ${why} (${answer.said}), so it was not cleaned up. What remains there: ${what}. ` +
        `Before you connect it to the network again, run there: ${command}`,
    );
    return;
  }
  const found = answer.output.trim();
  if (found !== "") {
    await warn(
      urn,
      `${host.name} (${host.address}) was not changed. Expected there: ${host.name}, a ${host.role} of ${host.cluster}. ` +
        `Found: ${printable(found.replaceAll("\n", "; "), 400)}. If nobody needs that, run there: ${command}`,
    );
  }
}

export const create = (inputs: LeftoversInputs): CreateResult => ({ id: inputs.name, outs: inputs });
export const update = (_olds: LeftoversInputs, news: LeftoversInputs): UpdateResult => ({ outs: news });
export const diff = (olds: LeftoversInputs, news: LeftoversInputs): DiffResult => ({
  changes: JSON.stringify(Object.entries(olds).sort()) !== JSON.stringify(Object.entries(news).sort()),
});
