export type * from "./args";
export { defaultHealthPort } from "./haproxy";
export * from "./haproxy-pair";
export { warnOfTimes } from "./timing";
