import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { PipelineFileError, readPipeline, readStructure, reasonOf } from "../pipeline/file";
import type { Pipeline } from "../pipeline/definition";
import { serviceOf, sourceOf } from "../pipeline/origin";
import { withDefaults } from "../pipeline/shape";

/** What a command reads and writes besides files. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command of `grok`. */
export interface Command {
  /** Arguments, what it does, and its options. */
  readonly usage: string;
  /** Returns the exit code: {@link OK} or {@link FAILED}. */
  run(args: string[], terminal: Terminal): number | Promise<number>;
}

export const OK = 0;
/** Findings, failed samples, differences. */
export const FAILED = 1;
/** Arguments that are not valid, or a file or a service without which nothing could be done. */
export const UNUSABLE = 2;

/** Arguments that are not valid. The usage of the command is shown after the message. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What prevents the command from doing its work, and what to do. Shown without a stack trace. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** @throws CommandError that names the file, if it is not a pipeline */
export const pipelineIn = (path: string): Pipeline =>
  inFile(path, () => withDefaults(readPipeline(readStructure(path))));

/** @throws CommandError that names the file, if `make` finds a mistake in it */
export function inFile<T>(path: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const { message } = error as Error;
    throw new CommandError(`${path}${error instanceof PipelineFileError ? " " : ": "}${message}`);
  }
}

/** The options that set the origin of lines. */
export const originOptions = { service: { type: "string" }, source: { type: "string" } } as const;

/** The service and the source of lines: those of the options, otherwise those that the pipeline's filter requires. */
export const originOf = (values: { service?: string; source?: string }, pipeline: Pipeline) => ({
  service: values.service ?? serviceOf(pipeline),
  source: values.source ?? sourceOf(pipeline),
});

/** Why a pipeline changed none of the lines: what standard error says. */
export const whyUnused = ({ is_enabled: enabled, filter }: Pipeline) =>
  enabled
    ? `no line matches the filter ${filter.query}: give --service or --source\n`
    : "no line is changed, because the pipeline is not enabled\n";

/** Date.parse also accepts other forms, and adds what is missing: "June 10" is in 2001. */
const ISO_8601 = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * The time of `--now` in milliseconds since 1970.
 *
 * @throws UsageError if it is not a time
 */
export function timeOf(now: string | undefined): number | undefined {
  const time = now === undefined ? undefined : Date.parse(now);
  if (now !== undefined && (!ISO_8601.test(now) || Number.isNaN(time)))
    throw new UsageError(`--now ${now} is not a time: use ISO 8601, for example 2026-06-10T13:58:06Z`);
  return time;
}

/** The lines that are not blank. */
export async function* linesIn(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  for await (const line of createInterface({ input, crlfDelay: Infinity })) if (line.trim() !== "") yield line;
}

/** @throws CommandError if the file cannot be written */
export function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandError(`cannot write ${path} (${reasonOf(error)}): make it writable, or give another path`);
  }
}
