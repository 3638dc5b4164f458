import type * as datadog from "@pulumi/datadog";
import type { ControlPlaneWatchArgs } from "./args";
import { backupMonitor, uploadMonitor } from "./backup-monitor";
import { checkMonitorArgs, checkMonitors } from "./monitors";

/** A monitor of a {@link ControlPlaneWatch}. */
export interface PlannedMonitor {
  /** Part of the resource's name, and name of the output. */
  readonly key: string;
  /** Name in Datadog. */
  readonly name: string;
  readonly args: datadog.MonitorArgs;
}

/** Name of the resource of a monitor. */
export const monitorResource = (component: string, { key }: PlannedMonitor) => `${component}-monitor-${key}`;

/** The monitors of the checks, with `backupHours` that of the backups, and with `uploadHours` that of their uploads. */
export function monitorsOf(args: ControlPlaneWatchArgs): PlannedMonitor[] {
  const { of, agentHost, notify = [], backupHours, uploadHours } = args;
  return [
    ...checkMonitors(args).map((monitor) => ({
      key: monitor.key,
      name: monitor.name,
      args: checkMonitorArgs(of, notify, monitor),
    })),
    ...(backupHours === undefined ? [] : [backupMonitor(of, agentHost, notify, backupHours)]),
    ...(uploadHours === undefined ? [] : [uploadMonitor(of, agentHost, notify, uploadHours)]),
  ];
}

/** The monitors of a `ControlPlaneWatch`, for `adoptedFrom`: names of the resources, and names in Datadog. */
export function plannedMonitors(component: string, args: ControlPlaneWatchArgs) {
  return monitorsOf(args).map((monitor) => ({
    resource: monitorResource(component, monitor),
    name: monitor.name,
  }));
}
