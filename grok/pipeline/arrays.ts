import { isObject, remove, set } from "../attributes";
import type { ArrayProcessor } from "./definition";
import { type Log, valueOf, type WorkingLog } from "./log";
import { compileQuery } from "./search";

/** Compiles an array processor: append a value to a list, count its items, or take a value from one item. */
export function compileArray({ operation }: ArrayProcessor): (log: WorkingLog) => void {
  const { source, target } = operation;
  switch (operation.type) {
    case "append":
      return (log) => {
        const value = valueOf(log, source);
        if (value === undefined) return;
        const there = valueOf(log, target);
        if (there !== undefined && !Array.isArray(there)) return;
        if (!operation.preserve_source) remove(log.attributes, source);
        set(log.attributes, target, [...(there ?? []), ...(Array.isArray(value) ? value : [value])]);
      };
    case "length":
      return (log) => {
        const value = valueOf(log, source);
        if (Array.isArray(value)) set(log.attributes, target, value.length);
      };
    case "select": {
      const matches = compileQuery(operation.filter.replace(/(^|[\s(-])([\w.]+):/g, "$1@$2:"));
      return (log) => {
        const items = valueOf(log, source);
        if (!Array.isArray(items)) return;
        for (const item of items) {
          if (!isObject(item) || !matches({ message: "", attributes: item })) continue;
          const value = valueOf({ message: "", attributes: item } satisfies Log, operation.value_to_extract);
          if (value !== undefined) set(log.attributes, target, value);
          return;
        }
      };
    }
  }
}
