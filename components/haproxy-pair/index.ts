export type * from "./args";
export { EndpointReady } from "./endpoint-ready";
export { HaproxyPair } from "./haproxy-pair";
export { whyUnfitPassword } from "./keepalived";
export { warnOfTimes } from "./timing";
export { VirtualIpRelease } from "./virtual-ip-release";
export { serversOf } from "./server-access";
