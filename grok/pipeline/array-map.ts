import { copyOf, remove, set, type Value } from "../attributes";
import { buildString, compileArithmetic } from "./builders";
import { compileCategory } from "./category";
import type { ArrayMapProcessor } from "./definition";
import { valueOf, type WorkingLog } from "./log";
import { remapAttribute } from "./remappers";

/** Datadog leaves out the items after these. */
const MOST_ITEMS = 50;

const SOURCE = "$sourceElem";
const TARGET = "$targetElem";

/** Compiles an array map processor: its processors run on each item of a list, and write to the item of the target list. */
export function compileArrayMap(definition: ArrayMapProcessor): (log: WorkingLog) => void {
  const { source, target, preserve_source } = definition;
  const inPlace = source === target;
  const steps = definition.processors.map((each) => compileStep(each, inPlace));
  return (log) => {
    const items = valueOf(log, source);
    const before = valueOf(log, target);
    if (!Array.isArray(items) || (before !== undefined && !Array.isArray(before))) return;
    const results: Value[] = copyOf(before ?? []);
    for (const [index, item] of items.slice(0, MOST_ITEMS).entries()) {
      const result = results[index];
      // In place, the source is the target, so that what is moved within an item is removed from it.
      const attributes = { ...log.attributes, [SOURCE]: inPlace ? result! : item };
      if (result !== undefined) Object.assign(attributes, { [TARGET]: result });
      const view = { ...log, attributes };
      for (const step of steps) step(view);
      // An item for which nothing is set keeps its place.
      results[index] = (view.attributes as Record<string, Value | undefined>)[TARGET] ?? {};
    }
    if (!preserve_source && !inPlace) remove(log.attributes, source);
    set(log.attributes, target, results);
  };
}

function compileStep(definition: ArrayMapProcessor["processors"][number], inPlace: boolean): (log: WorkingLog) => void {
  switch (definition.type) {
    case "attribute-remapper": {
      const { sources, target, preserve_source } = definition;
      const remapper = {
        ...definition,
        source_type: "attribute",
        target_type: "attribute",
        preserve_source: true,
      } as const;
      const fieldOf = (path: string) => path.slice(path.indexOf("."));
      // The items of another list, and the log's own attributes, are only read.
      const moved = sources.filter(
        (each) => inPlace && !preserve_source && each.startsWith(`${SOURCE}.`) && fieldOf(each) !== fieldOf(target),
      );
      return (log) => {
        remapAttribute(remapper, log);
        for (const each of moved) remove(log.attributes, each);
      };
    }
    case "string-builder-processor":
      return (log) => buildString(definition, log);
    case "arithmetic-processor":
      return compileArithmetic(definition);
    case "category-processor":
      return compileCategory(definition);
  }
}
