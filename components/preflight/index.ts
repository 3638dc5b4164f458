export { crossFindings, type FindingOptions, hostFindings } from "./findings";
export { virtualIpFindings } from "./load-balancer-findings";
export * from "./preflight";
