import { existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { type Attributes, isObject, type Value } from "../attributes";
import { filesOf } from "../check";
import { readPipeline, readStructure } from "../pipeline/file";
import { withDefaults } from "../pipeline/shape";

/** A file with a pipeline, as it is written. */
export interface WrittenPipeline {
  readonly file: string;
  readonly pipeline: Attributes;
}

/**
 * The files with a pipeline in a folder, or at paths.
 *
 * @throws Error that names the file, if it is not such a file
 */
export function writtenPipelines(files: readonly string[]): WrittenPipeline[] {
  return files.map((file) => {
    let structure: unknown;
    try {
      structure = readStructure(file);
    } catch (error) {
      throw new Error(`${file} ${(error as Error).message}`, { cause: error });
    }
    if (!isObject(structure) || !isObject(structure.pipeline))
      throw new Error(
        `${file} is not a pipeline file {name, pipeline, tests}: correct it, or move it out of the folder`,
      );
    const { name = null, pipeline } = structure;
    return { file, pipeline: { ...(name === null ? {} : { name }), ...pipeline } };
  });
}

/** The name of a pipeline; "" if it has none. */
export const nameOf = ({ name }: Attributes) => (typeof name === "string" ? name : "");

/** The files of a folder; none if it does not exist or has no pipeline file. */
export function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  try {
    return filesOf([folder]);
  } catch {
    return [];
  }
}

/** The file of a pipeline: the one with its id, or else the one with its name and without an id. */
export function fileOf({ id, name }: Attributes, written: readonly WrittenPipeline[]): WrittenPipeline | undefined {
  return (
    written.find(({ pipeline }) => pipeline.id !== undefined && pipeline.id === id) ??
    written.find(({ pipeline }) => pipeline.id === undefined && pipeline.name === name)
  );
}

/** Whether both do the same, however they are spelled. */
export function isSame(one: Attributes, other: Attributes): boolean {
  return isDeepStrictEqual(complete(one), complete(other));
}

/** The pipeline in the API's spelling with all defaults; unchanged if it has parts that are not known. */
export function complete(pipeline: Attributes): Value {
  try {
    return withDefaults(readPipeline(pipeline)) as unknown as Value;
  } catch {
    return pipeline;
  }
}
