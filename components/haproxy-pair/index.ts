export type * from "./args";
export { EndpointReady } from "./endpoint-ready";
export { defaultHealthPort } from "./haproxy";
export { HaproxyPair } from "./haproxy-pair";
export { warnOfTimes } from "./timing";
export { VirtualIpRelease } from "./virtual-ip-release";
