export * from "./haproxy-pair";
export { warnOfTimes } from "./timing";
