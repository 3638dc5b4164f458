export type { ControlPlaneArgs, LoadBalancers, PackageRepository } from "./args";
export { type CniArgs, CniName } from "./cni";
export type { ContainerdArgs } from "./containerd";
export { ControlPlane } from "./control-plane";
export { masterPorts } from "./ports";
export { minorOf } from "./minor";
export { versionFindings, warnOfVersion } from "./releases";
export {
  type ApiServerArgs,
  type AuditArgs,
  type AuditLog,
  type ComponentArgs,
  type EtcdArgs,
  type EtcdTiming,
  type ExtraVolume,
  PathType,
  type StaticPodArgs,
} from "./static-pods";
export { type CompleteRepository, repositoryOf } from "./repository";
export { type NodeVersion, upgradeFindings } from "./upgrade";
