import { compileQuery, QueryError } from "../../grok/index";
import { LONGEST_SAMPLE, MOST_SAMPLES } from "../../grok/pipeline/definition";
import { compilePipelineQuery } from "../../grok/pipeline/search";
import { UserError } from "../../host/error";
import { COLUMNS } from "./dashboard";
import { type LogPipeline, placeOf } from "./log-pipeline";
import type { LogMetric } from "./metrics";
import { type LogMonitor, thresholdOf } from "./monitors";
import type { PipelineParser } from "./parsers";

// Datadog's limits. It would refuse or cut what exceeds them, but only at deployment.
const LONGEST_METRIC_NAME = 200;
const LONGEST_WINDOW = 2880;
const MOST_GROUPS = 4;
const LEAST_PRIORITY = 5;

/** @throws UserError if Datadog would not accept the pipeline, or its metrics, monitors and dashboard */
export function checkLimits(pipeline: LogPipeline, parsers: readonly PipelineParser[]): void {
  const where = placeOf(pipeline);
  checkQuery(pipeline.filter, `${where}, filter`, compilePipelineQuery);
  if (pipeline.samples.length === 0) {
    throw new UserError("it has no samples", where, "add at least one line that the rules must match");
  }
  for (const { where: inner, definition } of parsers) {
    checkOwnSamples(definition.samples, pipeline, `${where}, ${inner}`);
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
      throw new UserError("its size is not valid", inner, `use 1 to ${COLUMNS} columns, and at least 1 row`);
    }
  }
}

/** Checks a parser's own samples. Those that are also samples of the pipeline are checked there. */
function checkOwnSamples(own: readonly string[], { samples }: LogPipeline, where: string): void {
  atMost(own.length, MOST_SAMPLES, "samples", where, "a parser");
  const bad = (line: string) => line.trim() === "" || line.length > LONGEST_SAMPLE;
  const found = own.findIndex((each) => bad(each) && !samples.some(({ line }) => line === each));
  if (found < 0) return;
  const remedy = `Datadog accepts samples of 1 to ${LONGEST_SAMPLE} characters`;
  throw new UserError(`its own sample ${found + 1} is empty or too long`, where, remedy);
}

function checkMetric({ name, query, groupBy = {} }: LogMetric, where: string): void {
  if (!/^[A-Za-z][A-Za-z0-9_.]*$/.test(name) || name.length > LONGEST_METRIC_NAME) {
    const remedy = `use a letter, then letters, digits, _ and ., at most ${LONGEST_METRIC_NAME} characters`;
    throw new UserError(`"${name}" is not a valid Datadog metric name`, where, remedy);
  }
  for (const tag of Object.keys(groupBy)) {
    if (/^[a-z][a-z0-9_\-./]*$/.test(tag)) continue;
    const remedy = "use a lower-case letter, then lower-case letters, digits and _ - . /";
    throw new UserError(`"${tag}" is not a valid Datadog tag name`, where, remedy);
  }
  checkQuery(query, where);
}

function checkMonitor(monitor: LogMonitor, where: string): void {
  const { name, query, by = [], minutes, priority } = monitor;
  if (name.trim() === "")
    throw new UserError("it has no name", where, "add a name, which is the title of the notification");
  if (!isWhole(minutes, 1, LONGEST_WINDOW)) {
    const remedy = `use a whole number from 1 to ${LONGEST_WINDOW}, which is two days`;
    throw new UserError(`its window is ${minutes} minutes`, where, remedy);
  }
  const { critical: count } = thresholdOf(monitor, where);
  if (!isWhole(count, 1, Number.MAX_SAFE_INTEGER)) {
    throw new UserError(`its threshold is ${count}`, where, "use a whole number from 1");
  }
  if (priority !== undefined && !isWhole(priority, 1, LEAST_PRIORITY)) {
    throw new UserError(`its priority is ${priority}`, where, `use a whole number from 1 to ${LEAST_PRIORITY}`);
  }
  atMost(by.length, MOST_GROUPS, "groups", where, "a monitor");
  checkQuery(query, where);
}

function checkKeys(items: readonly { readonly key: string }[], what: string, where: string): void {
  for (const [index, { key }] of items.entries()) {
    if (!/^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/.test(key)) {
      throw new UserError(
        `"${key}" is not a valid key of a ${what}`,
        where,
        "use letters and digits, with hyphens between them",
      );
    }
    if (items.findIndex((other) => other.key === key) < index) {
      throw new UserError(`two ${what}s have the key ${key}`, where, "give each its own key");
    }
  }
}

function checkQuery(query: string | undefined, where: string, compile = compileQuery): void {
  try {
    compile(query ?? "");
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new UserError(`the search is not valid: ${error.message}\n    ${query}`, where);
  }
}

function atMost(count: number, most: number, what: string, where: string, of: string): void {
  if (count > most) throw new UserError(`it has ${count} ${what}`, where, `Datadog accepts at most ${most} in ${of}`);
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
