import { createReadStream } from "node:fs";
import { parseArgs } from "node:util";
import { isObject, jsonText, type Value } from "../attributes";
import { compare, type Difference } from "../check";
import type { Log } from "../pipeline/log";
import { compilePipeline, type RunResult } from "../pipeline/run";
import { printable } from "../printable";
import {
  type Command,
  CommandError,
  FAILED,
  inFile,
  linesIn,
  OK,
  originOf,
  originOptions,
  pipelineIn,
  timeOf,
  UsageError,
  whyUnused,
} from "./command";
import { reasonOf } from "../pipeline/file";

const FIRST = 10;

export const diff: Command = {
  usage: `grok diff OLD NEW FILE.log [--first N] [--service NAME] [--source NAME] [--now TIME] [--json]

Runs the lines of a file through two pipelines and shows how the logs differ: the number of logs, how often each attribute differs,
and the first logs that differ. "-" as the file is standard input. The exit code is 1 if a log differs.

  --first N        number of logs that are shown (default: ${FIRST})
  --service NAME   service of the lines (default: the service in the filter of the old pipeline)
  --source NAME    source of the lines (default: the source in the filter of the old pipeline)
  --now TIME       current time in ISO 8601, to complete dates without a year (default: the system clock)
  --json           print one JSON object per log that differs, and then the totals
`,
  async run(args, { input, out, err }) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        first: { type: "string" },
        ...originOptions,
        now: { type: "string" },
        json: { type: "boolean", default: false },
      },
    });
    const [before, after, file, ...rest] = positionals;
    if (before === undefined || after === undefined || file === undefined || rest.length > 0)
      throw new UsageError("give the old pipeline, the new pipeline, and a file of log lines");
    if (values.first !== undefined && !/^\d+$/.test(values.first))
      throw new UsageError(`--first ${values.first} is not a whole number`);
    const first = values.first === undefined ? FIRST : Number(values.first);
    // One time for both, so that only the pipelines make a difference.
    const now = timeOf(values.now) ?? Date.now();
    const [old, changed] = [pipelineIn(before), pipelineIn(after)];
    const origin = originOf(values, old);
    const runs = [inFile(before, () => compilePipeline(old)), inFile(after, () => compilePipeline(changed))] as const;

    const paths = new Map<string, Count>();
    let lines = 0;
    let applied = 0;
    let differing = 0;
    for await (const line of linesOf(file, input)) {
      lines++;
      const [was, is] = runs.map((run) => run({ message: line, ...origin }, { now })) as [RunResult, RunResult];
      if (was.applied || is.applied) applied++;
      const differences = differencesOf(was, is);
      if (differences.length === 0) continue;
      differing++;
      for (const { path, expected, actual } of differences) {
        const count = paths.get(path) ?? { added: 0, removed: 0, changed: 0 };
        count[expected === undefined ? "added" : actual === undefined ? "removed" : "changed"]++;
        paths.set(path, count);
      }
      if (values.json) out(`${jsonText({ line, differences: differences.map(asBeforeAndAfter) })}\n`);
      else if (differing <= first) out(shown(line, differences));
    }
    const attributes = Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1)));
    if (values.json) out(`${JSON.stringify({ lines, differing, attributes })}\n`);
    else {
      if (differing > first) out(`… and ${differing - first} more logs that differ\n`);
      for (const [path, count] of Object.entries(attributes)) out(`  ${printable(path)}: ${summary(count)}\n`);
      out(`${lines} lines, ${differing} logs differ\n`);
    }
    if (lines > 0 && applied === 0) for (const why of new Set([old, changed].map(whyUnused))) err(why);
    return differing > 0 ? FAILED : OK;
  },
};

/** How many logs have an attribute only after the change, only before it, or with another value. */
interface Count {
  added: number;
  removed: number;
  changed: number;
}

const summary = (count: Count) =>
  (["added", "removed", "changed"] as const)
    .filter((kind) => count[kind] > 0)
    .map((kind) => `${kind} in ${count[kind]}`)
    .join(", ");

/** Attributes by their path, and the log's own fields, which a search names without `@`. */
function differencesOf(was: RunResult, is: RunResult): Difference[] {
  const fields = ({ log, applied }: RunResult): Record<string, Value | undefined> => {
    const { attributes, tags, ...own } = log;
    const named = Object.entries(attributes).map(([key, value]) => [`@${key}`, value] as const);
    return {
      ...Object.fromEntries(named),
      ...(own as Omit<Log, "attributes" | "tags">),
      tags: [...tags],
      "(filter)": applied,
    };
  };
  const [old, changed] = [fields(was), fields(is)];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(changed)])];
  return keys.flatMap((key) => compare(key, old[key], changed[key])).flatMap(leaves);
}

/** For an object that is only before or only after the change, a difference for each value in it. */
function leaves(difference: Difference): Difference[] {
  const { path, expected, actual } = difference;
  const whole = expected ?? actual;
  if ((expected !== undefined && actual !== undefined) || !isObject(whole) || Object.keys(whole).length === 0)
    return [difference];
  return Object.keys(whole).flatMap((key) =>
    compare(`${path}.${key}`, own(expected, key), own(actual, key)).flatMap(leaves),
  );
}

const own = (value: Value | undefined, key: string) => (isObject(value) ? value[key] : undefined);

const asBeforeAndAfter = ({ path, expected, actual }: Difference) => ({ path, before: expected, after: actual });

function shown(line: string, differences: readonly Difference[]): string {
  const lines = differences.flatMap(({ path, expected, actual }) => [
    ...(expected === undefined ? [] : [`  - ${path}: ${jsonText(expected)}`]),
    ...(actual === undefined ? [] : [`  + ${path}: ${jsonText(actual)}`]),
  ]);
  return [line, ...lines, ""].map(printable).join("\n");
}

/** @throws CommandError if the file cannot be read */
async function* linesOf(file: string, input: NodeJS.ReadableStream): AsyncGenerator<string> {
  try {
    yield* linesIn(file === "-" ? input : createReadStream(file));
  } catch (error) {
    throw new CommandError(`${file} cannot be read (${reasonOf(error)}): give a file of log lines`);
  }
}
