export type { ControlPlaneWatchArgs, WatchedHost, WatchedPlane } from "./args";
export { controlPlaneChecks } from "./checks";
export { ControlPlaneWatch } from "./control-plane-watch";
export { controlPlaneWidgets } from "./dashboard";
export { plannedMonitors } from "./planned";
