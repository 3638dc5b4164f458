import { set } from "../attributes";
import type { CategoryProcessor } from "./definition";
import type { WorkingLog } from "./log";
import { compilePipelineQuery } from "./search";

/**
 * Compiles a category processor: the target gets the name of the first category whose filter matches.
 *
 * @throws Error if a filter is not valid
 */
export function compileCategory({
  target,
  categories,
}: Pick<CategoryProcessor, "target" | "categories">): (log: WorkingLog) => void {
  const compiled = categories.map(({ name, filter }) => ({ name, matches: compileOf(name, filter.query) }));
  return (log) => {
    const category = compiled.find(({ matches }) => matches(log));
    if (category !== undefined) set(log.attributes, target, category.name);
  };
}

/** Adds the category to an error about its filter. */
function compileOf(name: string, query: string) {
  try {
    return compilePipelineQuery(query);
  } catch (error) {
    throw new Error(`category ${name}: ${(error as Error).message}`, { cause: error });
  }
}
