import type * as pulumi from "@pulumi/pulumi";
import { recipientRemedy, refusals } from "../components/cluster-backup/refusals";
import type { DialledHost } from "../host/host";
import type { Refusal } from "../host/refusal";
import { machinesOf } from "./machines";
import { keyOf } from "./mistakes";
import type { BackupSettings, StackConfiguration } from "./schema";
import type { Sound } from "./sound";

/** Mistakes in the host of the copies, and a bucket without archives. The schema finds the others. */
export function checkBackup(stack: Sound<StackConfiguration>): Refusal[] {
  return [...checkCopyTo(stack), ...checkBucket(stack)];
}

function checkBucket({ backup }: Sound<StackConfiguration>): Refusal[] {
  return backup?.s3 === undefined || backup.recipients?.length !== 0
    ? []
    : [
        {
          path: ["backup", "s3"],
          what: `is set, but ${keyOf(["backup", "recipients"])} is empty, so that no archive is made`,
          remedy: `Add a public key there, or remove this section. ${recipientRemedy}`,
        },
      ];
}

function checkCopyTo(stack: Sound<StackConfiguration>): Refusal[] {
  const name = stack.backup?.copyTo;
  if (name === undefined) return [];
  const path = ["backup", "copyTo"];
  const machines = machinesOf(stack);
  if (!machines.some((machine) => machine.name === name)) {
    // a name with a mistake is reported by itself
    const names = machines.filter((machine) => machine.path[0] !== "masters").flatMap((machine) => machine.name ?? []);
    return [{ path, what: "is not a host of the stack", remedy: `Set it to one of ${names.join(", ")}.` }];
  }
  const masters = (stack.masters ?? []).flatMap((master) =>
    master?.name === undefined ? [] : [{ name: master.name }],
  );
  return refusals({ masters, copyTo: { name } }).map((refusal) => ({ ...refusal, path }));
}

/** The backup of a checked configuration, or undefined if it has none. */
export function backupSettings(
  { backup, monitor }: StackConfiguration,
  hosts: readonly DialledHost[],
  secretAccessKey: pulumi.Output<string>,
): BackupSettings | undefined {
  const { recipients, keep, intervalHours, copyTo: name = monitor.name, s3 } = backup;
  const copyTo = hosts.find((host) => host.name === name);
  if (recipients.length === 0 || copyTo === undefined) return undefined;
  return { recipients, keep, intervalHours, copyTo, ...(s3 && { s3: { ...s3, secretAccessKey } }) };
}
