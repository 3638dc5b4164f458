import { compileQuery, type PipelineDefinition, QueryError } from "../../grok";
import { UserError } from "../../host/error";
import { COLUMNS } from "./dashboard";
import { type LogPipeline, placeOf } from "./log-pipeline";
import type { LogMetric } from "./metrics";
import { type LogMonitor, thresholdOf } from "./monitors";
import type { PipelineParser } from "./parsers";

/** Limits that Datadog sets: what is beyond them it would refuse, or cut, at deployment. */
export const MOST_SAMPLES = 5;
export const LONGEST_SAMPLE = 5000;
const MOST_RULES = 10;
const MOST_PROCESSORS = 20;
const LONGEST_METRIC_NAME = 200;
const LONGEST_WINDOW = 2880;
const MOST_GROUPS = 4;

/** Throws a {@link UserError} where Datadog would not take a pipeline, or what is made of its logs. */
export function checkLimits(
  pipeline: LogPipeline,
  { processors }: PipelineDefinition,
  parsers: readonly PipelineParser[],
): void {
  const where = placeOf(pipeline);
  checkQuery(pipeline.filter, `${where}, filter`);
  if (pipeline.samples.length === 0) {
    throw new UserError("there is no sample", where, "give at least one line that the rules must match");
  }
  for (const { where: inner, definition, parser } of parsers) {
    atMost(parser.rules.length, MOST_RULES, "match rules", `${where}, ${inner}`, "a parser");
    checkShown(definition.samples ?? [], pipeline, `${where}, ${inner}`);
  }
  atMost(processors.length, MOST_PROCESSORS, "processors", where, "a pipeline");
  for (const processor of processors) {
    if (processor.type !== "pipeline") continue;
    const inner = `${where}, pipeline "${processor.name ?? ""}"`;
    atMost(processor.processors.length, MOST_PROCESSORS, "processors", inner, "a pipeline");
  }
  const { metrics = [], monitors = [], dashboard } = pipeline;
  checkKeys(metrics, "metric", where);
  checkKeys(monitors, "monitor", where);
  for (const metric of metrics) checkMetric(metric, `${where}, metric ${metric.key}`);
  for (const monitor of monitors) checkMonitor(monitor, `${where}, monitor ${monitor.key}`);
  for (const widget of dashboard?.widgets ?? []) {
    const inner = `${where}, widget "${widget.title}"`;
    if (widget.type !== "check") checkQuery(widget.query, inner);
    if (!isWhole(widget.columns, 1, COLUMNS) || !isWhole(widget.rows, 1, Infinity)) {
      throw new UserError("it has no size", inner, `give 1 to ${COLUMNS} columns, and 1 row or more`);
    }
  }
}

/** Samples that a parser has of its own: those of the pipeline are judged by themselves. */
function checkShown(shown: readonly string[], { samples }: LogPipeline, where: string): void {
  atMost(shown.length, MOST_SAMPLES, "samples", where, "a parser");
  const bad = (line: string) => line.trim() === "" || line.length > LONGEST_SAMPLE;
  const found = shown.findIndex((each) => bad(each) && !samples.some(({ line }) => line === each));
  if (found < 0) return;
  const todo = `Datadog takes lines of 1 to ${LONGEST_SAMPLE} characters`;
  throw new UserError(`its own sample ${found + 1} is empty or too long`, where, todo);
}

function checkMetric({ name, query, groupBy = {} }: LogMetric, where: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_.]*$/.test(name) || name.length > LONGEST_METRIC_NAME) {
    const todo = `give a letter, then letters, digits, _ and ., at most ${LONGEST_METRIC_NAME} characters`;
    throw new UserError(`"${name}" is no metric's name in Datadog`, where, todo);
  }
  for (const tag of Object.keys(groupBy)) {
    if (/^[a-z][a-z0-9_\-./]*$/.test(tag)) continue;
    const todo = "give a lower-case letter, then such letters, digits and _ - . /";
    throw new UserError(`"${tag}" is no tag's name in Datadog`, where, todo);
  }
  checkQuery(query, where);
}

function checkMonitor(monitor: LogMonitor, where: string): void {
  const { name, query, by = [], minutes } = monitor;
  if (name.trim() === "") throw new UserError("it has no name", where, "give one: it heads the notification");
  if (!isWhole(minutes, 1, LONGEST_WINDOW)) {
    const todo = `give a whole number from 1 to ${LONGEST_WINDOW}, which is two days`;
    throw new UserError(`it counts over ${minutes} minutes`, where, todo);
  }
  const { critical: count } = thresholdOf(monitor, where);
  if (!isWhole(count, 1, Number.MAX_SAFE_INTEGER)) {
    throw new UserError(`its threshold is ${count}`, where, "give a whole number from 1 on");
  }
  atMost(by.length, MOST_GROUPS, "groups", where, "a monitor");
  checkQuery(query, where);
}

function checkKeys(items: readonly { readonly key: string }[], what: string, where: string): void {
  for (const [index, { key }] of items.entries()) {
    if (!/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/.test(key)) {
      throw new UserError(`"${key}" is no key for a ${what}`, where, "give letters, digits and inner hyphens");
    }
    if (items.findIndex((other) => other.key === key) < index) {
      throw new UserError(`two ${what}s have the key ${key}`, where, "give each a key of its own");
    }
  }
}

function checkQuery(query: string | undefined, where: string): void {
  try {
    compileQuery(query ?? "");
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new UserError(`the search cannot be read: ${error.message}\n    ${query}`, where);
  }
}

function atMost(count: number, most: number, what: string, where: string, of: string): void {
  if (count > most) throw new UserError(`there are ${count} ${what}`, where, `Datadog takes at most ${most} ${of}`);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
