export type * from "./args";
export * from "./haproxy-pair";
export { whyUnfitPassword } from "./keepalived";
export { warnOfTimes } from "./timing";
