import { basename, extname } from "node:path";
import { PipelineFileError, readPipelineFile } from "../grok/pipeline/file";
import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";
import { absolutePath, isPath, whyUnreadable } from "./paths";
import type { PipelineFileSettings } from "./schema";

/** Name of the NAS's own pipeline among the resources. */
const taken = "qnap-nas";

/** `door` for `pipelines/door.yaml`. */
const nameOf = (path: string) => basename(path, extname(path));

/** Why a file is no pipeline with its tests, or undefined where it is one. Its rules are judged by the preview. */
function whyNoPipeline(path: string): string | undefined {
  const unreadable = whyUnreadable(path);
  if (unreadable !== undefined) {
    return unreadable;
  }
  try {
    readPipelineFile(path);
    return undefined;
  } catch (error) {
    if (!(error instanceof PipelineFileError)) {
      throw error;
    }
    return error.message;
  }
}

/** Mistakes of the list of pipelines' files: those of each file, and names that would be given twice. */
export function checkPipelines(draft: Draft): Mistake[] {
  const names: string[] = [taken];
  return draft.list("datadog", "pipelines").flatMap((value, index): Mistake[] => {
    if (typeof value !== "string" || !isPath(value)) {
      return [];
    }
    const key = keyOf(["datadog", "pipelines", index]);
    const name = nameOf(value);
    const twice = names.includes(name);
    names.push(name);
    const why = whyNoPipeline(absolutePath(value));
    return [
      ...(twice
        ? [
            {
              key,
              value,
              what: `has a name that is taken: ${name}`,
              todo: "Rename the file; resources are named after it.",
            },
          ]
        : []),
      ...(why === undefined
        ? []
        : [{ key, value, what: why, todo: `Give a file that \`npm run grok -- check ${value}\` takes.` }]),
    ];
  });
}

/** The pipelines' files, each with the name of its resources. */
export function pipelineFiles(given: readonly string[]): PipelineFileSettings[] {
  return given.map((path) => ({ name: nameOf(path), path: absolutePath(path), given: path }));
}
