export type { Attributes, Value } from "./attributes";
export { caret, type Furthest } from "./furthest";
export { compileParser, type GrokRules, type ParseOptions, type Parser, type ParseResult } from "./parser";
export type { Pipeline, PipelineDefinition, ProcessorDefinition } from "./pipeline/definition";
export type { Log } from "./pipeline/log";
export { compilePipeline, ProcessorError, runPipeline, type RunOptions, type RunResult } from "./pipeline/run";
export { compileQuery, type Query, QueryError } from "./pipeline/search";
export { RuleError } from "./rules";
