export * from "./control-plane";
export { masterPorts } from "./ports";
export { minorOf, versionFindings, warnOfVersion } from "./releases";
