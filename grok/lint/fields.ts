import type { PipelineDefinition, PlacedProcessor } from "../pipeline/definition";
import { pathText, unknownFields } from "../pipeline/shape";
import type { Mistake } from "./finding";

/**
 * Hints for fields that a pipeline does not have. They have no effect, so a mistyped optional field is as if it were left out.
 *
 * @param definition the pipeline as it is written
 */
export function lintFields(definition: PipelineDefinition, placed: readonly PlacedProcessor[]): Mistake[] {
  return unknownFields(definition).map(({ path, similar }) => {
    // The last one is the innermost.
    const inside = placed.findLast((each) => each.path.every((part, index) => part === path[index]));
    const field = pathText(path.slice(inside?.path.length ?? 0));
    return { level: "hint", code: "unknown-field", placed: inside, message: `unknown field ${field}${similar}` };
  });
}
