import { basename, extname } from "node:path";
import { PipelineFileError, readPipelineFile } from "../grok/pipeline/file";
import { absolutePath } from "../host/path";
import { whyUnreadable } from "../host/readable-file";
import type { Refusal } from "../host/refusal";
import type { PipelineFileSettings, StackConfiguration } from "./schema";
import type { Sound } from "./sound";

/** Names of the NAS's own pipeline, which files cannot use: for its resources, and in Datadog. */
const taken = { resource: "qnap-nas", inDatadog: "QNAP NAS" };

/** `door` for `pipelines/door.yaml`. */
const nameOf = (path: string) => basename(path, extname(path));

/** The name in Datadog of a file's pipeline, or why the file is not a pipeline file. A preview checks its rules. */
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

/** Mistakes in the list of pipeline files: in each file, and names that two pipelines would have. */
export function checkPipelines({ datadog }: Sound<StackConfiguration>): Refusal[] {
  const resources = [taken.resource];
  const holders = new Map([[taken.inDatadog, "the NAS's own"]]);
  return (datadog?.pipelines ?? []).flatMap((value, index): Refusal[] => {
    if (value === undefined) {
      return [];
    }
    const path = ["datadog", "pipelines", index];
    const resource = nameOf(value);
    const isTwice = resources.includes(resource);
    resources.push(resource);
    const { name, why } = read(absolutePath(value));
    if (why !== undefined) {
      return [{ path, what: why, remedy: `Set it to a file that \`npm run grok -- test ${value}\` accepts.` }];
    }
    if (isTwice) {
      const what = `has a name that is taken: ${resource}`;
      return [{ path, what, remedy: "Rename the file; resources are named after it." }];
    }
    const holder = name === undefined ? undefined : holders.get(name);
    if (name !== undefined) {
      holders.set(name, holder ?? value);
    }
    return holder === undefined
      ? []
      : [
          {
            path,
            what: `has a pipeline with the name of ${holder}: ${name}`,
            remedy: "Give each pipeline a name of its own, by which Datadog's list tells them apart.",
          },
        ];
  });
}

/** The pipeline files, each with the name of its resources. */
export function pipelineFiles(given: readonly string[]): PipelineFileSettings[] {
  return given.map((path) => ({ name: nameOf(path), path: absolutePath(path), given: path }));
}
