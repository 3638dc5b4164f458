export type * from "./args";
export * from "./haproxy-pair";
export { warnOfTimes } from "./timing";
