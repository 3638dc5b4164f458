export * from "./control-plane";
export { defaultVersion, minorOf, versionFindings, warnOfVersion } from "./releases";
