export { crossFindings, hostFindings } from "./findings";
export * from "./preflight";
