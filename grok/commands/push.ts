import { parseArgs } from "node:util";
import { isObject, jsonText, type Value } from "../attributes";
import { compare, filesOf } from "../check";
import { listPipelines } from "../organisation/api";
import { complete, fileOf, isSame, nameOf, writtenPipelines } from "../organisation/folder";
import { compilePipeline } from "../pipeline/run";
import { type Command, CommandError, FAILED, inFile, OK, pipelineIn, UsageError } from "./command";
import { organisationOf, organisationOptions, organisationUsage } from "./organisation";

export const push: Command = {
  usage: `grok push --dry-run [--site SITE | --url URL] FILE_OR_FOLDER…

Prints how the pipelines of an organisation differ from files {name, pipeline, tests}. It writes nothing to Datadog: there is no
option for it yet. A file belongs to the pipeline with its id, or, if it has no id, to the one with its name. The exit code is 1 if
a pipeline differs or does not exist.

${organisationUsage}`,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...organisationOptions, "dry-run": { type: "boolean", default: false } },
    });
    if (!values["dry-run"])
      throw new UsageError("only --dry-run is supported: grok push does not write to Datadog yet");
    if (positionals.length === 0) throw new UsageError("give files or folders with pipelines");
    const organisation = organisationOf(values, terminal);
    const written = read(positionals);
    const listed = await listPipelines(organisation);
    let differing = 0;
    for (const { file, pipeline } of written) {
      const there = listed.find((each) => fileOf(each, [{ file, pipeline }]) !== undefined);
      if (there !== undefined && isSame(pipeline, there)) continue;
      differing++;
      if (there === undefined) terminal.out(`${file}: would create ${nameOf(pipeline)}\n`);
      else if (there.is_read_only === true)
        terminal.out(`${file}: cannot change ${nameOf(pipeline)}, which is a pipeline of an integration\n`);
      else terminal.out(`${file}: would change ${nameOf(there)}\n${changes(complete(there), complete(pipeline))}`);
    }
    terminal.out(`pipelines: ${written.length}, different: ${differing}; nothing was written\n`);
    return differing > 0 ? FAILED : OK;
  },
};

/** @throws CommandError if a file is not a valid pipeline */
function read(paths: readonly string[]): ReturnType<typeof writtenPipelines> {
  try {
    const files = filesOf(paths);
    for (const file of files) requireValid(file);
    return writtenPipelines(files);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

function requireValid(file: string): void {
  const pipeline = pipelineIn(file);
  inFile(file, () => compilePipeline(pipeline));
}

/** The differences by path. Of a text with several lines, the lines that are only in one of them. */
function changes(before: Value, after: Value): string {
  const lines = compare("", byPosition(before), byPosition(after)).flatMap(({ path, expected, actual }) => {
    const [was, is] = [linesOf(expected), linesOf(actual)];
    return [
      `  ${path.slice(1)}`,
      ...was.filter((line) => !is.includes(line)).map((line) => `    - ${line}`),
      ...is.filter((line) => !was.includes(line)).map((line) => `    + ${line}`),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

/** With an object for each list, so that its items are compared one by one. */
function byPosition(value: Value): Value {
  if (!Array.isArray(value) && !isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, byPosition(each)]));
}

function linesOf(value: Value | undefined): string[] {
  if (value === undefined) return [];
  return typeof value === "string" && value.includes("\n") ? value.split("\n") : [jsonText(value)];
}
