import { FIXTURE_CLOCK } from "../../grok/check";
import { type PipelineFile, PipelineFileError, readPipelineFile } from "../../grok/pipeline/file";
import { UserError } from "../../host/error";
import type { LogPipeline } from "./log-pipeline";
import { namedFor, type OfStack, stackTag } from "./of-stack";

/**
 * A pipeline from a file that `npm run grok -- check` takes, in JSON or YAML: `{name, pipeline, tests: [{sample, result}]}`. Its
 * tests are the samples, understood from the same clock as there, so that what passes at the terminal passes at preview.
 * Errors name the file as `shownAs` has it; by default as it is given. Throws a {@link UserError} where it holds no pipeline.
 */
export function logPipelineFrom(path: string, shownAs = path): LogPipeline & { readonly now: number } {
  const { pipeline, tests } = read(path, shownAs);
  return {
    name: pipeline.name,
    filter: pipeline.filter?.query ?? "*",
    file: shownAs,
    processors: [...pipeline.processors],
    samples: tests.map(({ sample: line, result, service, tags }) => ({
      line,
      result,
      service,
      tags: tags && [...tags],
    })),
    now: FIXTURE_CLOCK,
  };
}

/** A file's pipeline as a stack's: the stack is in its name, and its description tells it from another file's or stack's. */
export function filePipelineOf(
  of: OfStack,
  { name, path, given }: { readonly name: string; readonly path: string; readonly given: string },
): LogPipeline & { readonly now: number } {
  const read = logPipelineFrom(path, given);
  // By these words a later version finds what this one has made: they do not change.
  const description = `Written by kube-control from the pipeline file ${name} (${stackTag(of)}).`;
  return { ...read, name: namedFor(of, read.name), description, of };
}

function read(path: string, shownAs: string): PipelineFile {
  try {
    return readPipelineFile(path);
  } catch (error) {
    const todo = `give a file that \`npm run grok -- check ${shownAs}\` takes`;
    if (error instanceof PipelineFileError)
      throw new UserError(`it ${error.message}`, `pipeline file ${shownAs}`, todo);
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UserError(`it cannot be read (${code})`, `pipeline file ${shownAs}`, todo);
  }
}
