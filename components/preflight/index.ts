export { crossFindings, type FindingOptions, hostFindings } from "./findings";
export * from "./preflight";
