import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isMap, stringify } from "yaml";
import type { Attributes } from "../attributes";
import { Editor } from "../edit";
import { listPipelines } from "../organisation/api";
import { fileOf, filesIn, isSame, nameOf, type WrittenPipeline, writtenPipelines } from "../organisation/folder";
import { isYaml } from "../pipeline/file";
import { pairOf, readSource } from "../pipeline/source";
import { type Command, CommandError, OK, UsageError, write } from "./command";
import { reasonOf } from "../pipeline/file";
import { organisationOf, organisationOptions, organisationUsage } from "./organisation";

export const pull: Command = {
  usage: `grok pull [--site SITE | --url URL] FOLDER

Writes the pipelines of an organisation into files {name, pipeline, tests: []}. A file that has the id of a pipeline, or its name and
no id, keeps its tests and its comments; only what differs is changed. Datadog's own pipelines of integrations are left out.

${organisationUsage}`,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: organisationOptions });
    const [folder, ...rest] = positionals;
    if (folder === undefined || rest.length > 0) throw new UsageError("give one folder for the files");
    const organisation = organisationOf(values, terminal);
    const written = existing(folder);
    const listed = await listPipelines(organisation);
    const own = listed.filter(({ is_read_only: isReadOnly }) => isReadOnly !== true);
    const names = new Set(filesIn(folder));
    create(folder);
    let unchanged = 0;
    for (const { is_read_only: _never, ...pipeline } of own) {
      const found = fileOf(pipeline, written);
      if (found === undefined) {
        const file = newFile(folder, nameOf(pipeline), names);
        write(file, stringify({ name: pipeline.name, pipeline, tests: [] }, { lineWidth: 0 }));
        terminal.out(`created ${file}\n`);
      } else if (isSame(found.pipeline, pipeline)) unchanged++;
      else {
        change(found, pipeline);
        terminal.out(`changed ${found.file}\n`);
      }
    }
    for (const { file } of written.filter((each) => !own.some((pipeline) => fileOf(pipeline, [each]) !== undefined)))
      terminal.out(`not in the organisation: ${file}\n`);
    terminal.out(
      `pipelines: ${own.length}, unchanged: ${unchanged}, of integrations (left out): ${listed.length - own.length}\n`,
    );
    return OK;
  },
};

function existing(folder: string): WrittenPipeline[] {
  try {
    return writtenPipelines(filesIn(folder));
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/** @throws CommandError if the folder does not exist and cannot be created */
function create(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new CommandError(
      `cannot create the folder ${folder} (${reasonOf(error)}): give a folder that can be written`,
    );
  }
}

/** Changes the pipeline in a file, and nothing else. */
function change({ file, pipeline: expected }: WrittenPipeline, pipeline: Attributes): void {
  const { text, document } = readSource(file);
  const { contents } = document;
  const pair = isMap(contents) ? pairOf(contents.items, "pipeline") : undefined;
  if (pair === undefined || !isMap(contents)) throw new CommandError(`${file} has no pipeline`);
  const editor = new Editor(text, isYaml(file));
  editor.setPair(pair, contents.flow === true, { path: "pipeline", expected, found: pipeline });
  write(file, editor.result);
}

/** A path that is not in use: the name in lower case, with `-` for all but letters and digits. */
function newFile(folder: string, name: string, used: Set<string>): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 80) || "pipeline";
  for (let count = 1; ; count++) {
    const file = join(folder, `${base}${count === 1 ? "" : `-${count}`}.yaml`);
    if (used.has(file)) continue;
    used.add(file);
    return file;
  }
}
