import type { ControlPlaneWatchArgs } from "./args";
import { type CheckMonitor, checkMonitors } from "./monitors";

/** Name of the resource of a monitor. */
export const monitorResource = (component: string, { key }: CheckMonitor) => `${component}-monitor-${key}`;

/** The monitors of a `ControlPlaneWatch`, for `adoptedFrom`: names of the resources, and names in Datadog. */
export function plannedMonitors(component: string, args: ControlPlaneWatchArgs) {
  return checkMonitors(args).map((monitor) => ({
    resource: monitorResource(component, monitor),
    name: monitor.name,
  }));
}
