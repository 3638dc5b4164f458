export type { ControlPlaneArgs, PackageRepository } from "./args";
export { type CniArgs, CniName } from "./cni";
export type { ContainerdArgs } from "./containerd";
export { ControlPlane } from "./control-plane";
export type { EtcdTiming } from "./kubeadm";
export { masterPorts } from "./ports";
export { minorOf, versionFindings, warnOfVersion } from "./releases";
export { type CompleteRepository, repositoryOf } from "./repository";
