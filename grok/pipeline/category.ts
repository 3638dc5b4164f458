import { set } from "../attributes";
import type { CategoryProcessor } from "./definition";
import type { WorkingLog } from "./log";
import { compilePipelineQuery } from "./search";

/** Runs `make` for a category, and adds the category to its error. */
type AtCategory = <T>(name: string, make: () => T) => T;

/**
 * Compiles a category processor: the target gets the name of the first category whose filter matches. The function returns the
 * position of the category, from 0, or -1 if no filter matches.
 *
 * @throws Error if a filter is not valid
 */
export function compileCategory(
  { target, categories }: Pick<CategoryProcessor, "target" | "categories">,
  atCategory: AtCategory = named,
): (log: WorkingLog) => number {
  const compiled = categories.map(({ name, filter }) => ({
    name,
    matches: atCategory(name, () => compilePipelineQuery(filter.query)),
  }));
  return (log) => {
    const position = compiled.findIndex(({ matches }) => matches(log));
    const category = compiled[position];
    if (category !== undefined) set(log.attributes, target, category.name);
    return position;
  };
}

function named<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new Error(`category ${name}: ${(error as Error).message}`, { cause: error });
  }
}
