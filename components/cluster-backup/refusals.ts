import type { Refusal } from "../../host/refusal";
import { intervals } from "./defaults";
import { whyNoRecipient } from "./recipient";
import { type NamedBucket, s3Fields } from "./s3";

export { isIdentity, whyNoRecipient } from "./recipient";
export { s3Fields } from "./s3";

/** The arguments to check. An argument that is omitted is not checked. */
export interface CheckedArgs {
  readonly masters?: readonly { readonly name: string }[];
  readonly recipients?: readonly string[];
  readonly keep?: number;
  readonly intervalHours?: number;
  readonly copyTo?: { readonly name: string };
  readonly s3?: NamedBucket;
}

/** What to do about a recipient that is refused. */
export const recipientRemedy =
  "Run `age-keygen -o kube-control.identity` on your own machine, enter the public key that it prints (age1…), and keep the file.";

/** Mistakes in the arguments of a backup. */
export function refusals({ masters, recipients, keep, intervalHours, copyTo, s3 }: CheckedArgs): Refusal[] {
  const all: Refusal[] = [];
  if (masters?.length === 0) {
    all.push({ path: ["masters"], what: "has no master", remedy: "List the masters of the cluster." });
  }
  if (recipients?.length === 0) {
    all.push({ path: ["recipients"], what: "has no public key", remedy: recipientRemedy });
  }
  recipients?.forEach((recipient, index) => {
    const what = whyNoRecipient(recipient);
    if (what !== undefined) all.push({ path: ["recipients", index], what, remedy: recipientRemedy });
  });
  if (keep !== undefined && (!Number.isInteger(keep) || keep < 2)) {
    all.push({ path: ["keep"], what: `is ${keep}`, remedy: "Set it to a whole number from 2." });
  }
  if (intervalHours !== undefined && !intervals.some((one) => one === intervalHours)) {
    const remedy = `Set it to a number of hours that divides a day: ${intervals.join(", ")}.`;
    all.push({ path: ["intervalHours"], what: `is ${intervalHours}`, remedy });
  }
  if (copyTo !== undefined && masters?.some(({ name }) => name === copyTo.name)) {
    all.push({
      path: ["copyTo"],
      what: `${copyTo.name} is a master: with the master, its copies of the archives would be lost too`,
      remedy: "Name a host that is not a master, e.g. the monitor.",
    });
  }
  for (const [name, { pattern, what, remedy }] of Object.entries(s3Fields)) {
    const value = s3?.[name as keyof NamedBucket];
    if (value !== undefined && !pattern.test(value)) all.push({ path: ["s3", name], what, remedy });
  }
  return all;
}
