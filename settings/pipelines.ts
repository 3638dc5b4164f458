import { basename, extname } from "node:path";
import { PipelineFileError, readPipelineFile } from "../grok/pipeline/file";
import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";
import { absolutePath, isPath, whyUnreadable } from "./paths";
import type { PipelineFileSettings } from "./schema";

/** Name of the NAS's own pipeline among the resources, and in Datadog. */
const taken = { resource: "qnap-nas", inDatadog: "QNAP NAS" };

/** `door` for `pipelines/door.yaml`. */
const nameOf = (path: string) => basename(path, extname(path));

/** The name in Datadog of a file's pipeline, or why the file is not a pipeline with tests. The preview checks its rules. */
function read(path: string): { readonly name?: string; readonly why?: string } {
  const why = whyUnreadable(path);
  if (why !== undefined) {
    return { why };
  }
  try {
    return { name: readPipelineFile(path).pipeline.name };
  } catch (error) {
    if (!(error instanceof PipelineFileError)) {
      throw error;
    }
    return { why: error.message };
  }
}

/** Mistakes of the list of pipelines' files: those of each file, and names that would be given twice. */
export function checkPipelines(draft: Draft): Mistake[] {
  const resources = [taken.resource];
  const holders = new Map([[taken.inDatadog, "the NAS's own"]]);
  return draft.list("datadog", "pipelines").flatMap((value, index): Mistake[] => {
    if (typeof value !== "string" || !isPath(value)) {
      return [];
    }
    const mistake = { key: keyOf(["datadog", "pipelines", index]), value };
    const resource = nameOf(value);
    const isTwice = resources.includes(resource);
    resources.push(resource);
    const { name, why } = read(absolutePath(value));
    if (why !== undefined) {
      return [{ ...mistake, what: why, remedy: `Give a file that \`npm run grok -- check ${value}\` takes.` }];
    }
    if (isTwice) {
      const what = `has a name that is taken: ${resource}`;
      return [{ ...mistake, what, remedy: "Rename the file; resources are named after it." }];
    }
    const holder = name === undefined ? undefined : holders.get(name);
    if (name !== undefined) {
      holders.set(name, holder ?? value);
    }
    return holder === undefined
      ? []
      : [
          {
            ...mistake,
            what: `holds a pipeline with the name of ${holder}: ${name}`,
            remedy: "Give each pipeline a name of its own, by which Datadog's list tells them apart.",
          },
        ];
  });
}

/** The pipelines' files, each with the name of its resources. */
export function pipelineFiles(given: readonly string[]): PipelineFileSettings[] {
  return given.map((path) => ({ name: nameOf(path), path: absolutePath(path), given: path }));
}
