import { isMap, isSeq } from "yaml";
import type { Value } from "./attributes";
import { differencesOf, type Found, sampleRunner } from "./check";
import { Editor } from "./edit";
import { isYaml, readPipelineFile } from "./pipeline/file";
import { pairOf, readSource } from "./pipeline/source";

/**
 * The text of a file with the logs that its samples give as their expected results. Only values that differ are replaced, so that
 * comments and the form of the file stay.
 *
 * @param now current time in milliseconds since 1970
 * @returns the text, and the number of results that were changed
 * @throws PipelineFileError or ProcessorError if the file is not valid
 */
export function updated(file: string, now: number): { readonly text: string; readonly changed: number } {
  const { pipeline, tests, tables } = readPipelineFile(file);
  const run = sampleRunner(pipeline, tables);
  const { text, document } = readSource(file);
  const nodes: unknown = document.get("tests");
  const editor = new Editor(text, isYaml(file));
  let changed = 0;
  for (const [index, test] of tests.entries()) {
    const found = run(test, { now });
    const node: unknown = isSeq(nodes) ? nodes.items[index] : undefined;
    const pair = isMap(node) ? pairOf(node.items, "result") : undefined;
    if (pair === undefined || !isMap(node) || differencesOf(test, found).length === 0) continue;
    editor.setPair(pair, node.flow === true, { path: "", expected: test.result, found: withoutUndefined(found) });
    changed++;
  }
  return { text: editor.result, changed };
}

const withoutUndefined = (found: Found) =>
  Object.fromEntries(Object.entries(found).filter((entry): entry is [string, Value] => entry[1] !== undefined));
