import { refusals } from "../components/cluster-backup/refusals";
import type { DialledHost } from "../host/host";
import type { Refusal } from "../host/refusal";
import { machinesOf } from "./machines";
import type { BackupSettings, StackConfiguration } from "./schema";
import type { Sound } from "./sound";

/** Mistakes in the host of the copies. The schema finds the others. */
export function checkBackup(stack: Sound<StackConfiguration>): Refusal[] {
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
): BackupSettings | undefined {
  const { recipients, keep, intervalHours, copyTo: name = monitor.name } = backup;
  const copyTo = hosts.find((host) => host.name === name);
  return recipients.length === 0 || copyTo === undefined ? undefined : { recipients, keep, intervalHours, copyTo };
}
