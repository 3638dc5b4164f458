import { FIXTURE_CLOCK } from "../../grok/check";
import { type PipelineFile, PipelineFileError, readPipelineFile } from "../../grok/pipeline/file";
import { withDefaults } from "../../grok/pipeline/shape";
import { UserError } from "../../host/error";
import type { LogPipeline } from "./log-pipeline";
import { namedFor, type OfStack, stackTag } from "./of-stack";

/**
 * A pipeline from a pipeline file in JSON or YAML: `{name, pipeline, tests: [{sample, result}]}`. Its tests become the samples,
 * with the same current time as in `npm run grok -- test`, so that both give the same result.
 *
 * @param shownAs the file's name in errors
 * @throws UserError if the file is not a pipeline file
 */
export function logPipelineFrom(path: string, shownAs = path): LogPipeline & { readonly now: number } {
  const { pipeline, tests, tables } = read(path, shownAs);
  return {
    name: pipeline.name,
    filter: withDefaults(pipeline).filter.query,
    file: shownAs,
    processors: [...pipeline.processors],
    samples: tests.map(({ sample: line, result, service, tags }) => ({
      line,
      result,
      service,
      tags: tags && [...tags],
    })),
    ...(tables === undefined ? {} : { tables }),
    now: FIXTURE_CLOCK,
  };
}

/** The pipeline of a stack from a file. Its name includes the stack, and its description identifies the file and the stack. */
export function filePipelineOf(
  of: OfStack,
  { name, path, given }: { readonly name: string; readonly path: string; readonly given: string },
): LogPipeline & { readonly now: number } {
  const read = logPipelineFrom(path, given);
  // Adoption finds the pipeline by this text: do not change it.
  const description = `Written by kube-control from the pipeline file ${name} (${stackTag(of)}).`;
  return { ...read, name: namedFor(of, read.name), description, of };
}

function read(path: string, shownAs: string): PipelineFile {
  try {
    return readPipelineFile(path);
  } catch (error) {
    const remedy = `check it with \`npm run grok -- test ${shownAs}\``;
    if (!(error instanceof PipelineFileError)) throw error;
    throw new UserError(`it ${error.message}`, `pipeline file ${shownAs}`, remedy);
  }
}
