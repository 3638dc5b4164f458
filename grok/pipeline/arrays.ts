import { copyOf, get, isObject, remove, set, textOf } from "../attributes";
import type { ArrayProcessor } from "./definition";
import { type Log, valueOf, type WorkingLog } from "./log";
import { compileItemQuery } from "./search";

/**
 * Compiles an array processor: append a value to a list, count its items, take a value from one item, or make an attribute of
 * each item that has a key and a value.
 */
export function compileArray({ operation }: ArrayProcessor): (log: WorkingLog) => void {
  const { source } = operation;
  switch (operation.type) {
    case "append": {
      const { target } = operation;
      return (log) => {
        const value = valueOf(log, source);
        if (value === undefined) return;
        const there = valueOf(log, target);
        if (there !== undefined && !Array.isArray(there)) return;
        if (!operation.preserve_source) remove(log.attributes, source);
        set(log.attributes, target, [...(there ?? []), ...(Array.isArray(value) ? value : [value])]);
      };
    }
    case "length":
      return (log) => {
        const value = valueOf(log, source);
        if (Array.isArray(value)) set(log.attributes, operation.target, value.length);
      };
    case "key-value": {
      const { target, key_to_extract, value_to_extract, override_on_conflict } = operation;
      return (log) => {
        const items = valueOf(log, source);
        for (const item of Array.isArray(items) ? items.filter(isObject) : []) {
          const [key, value] = [get(item, key_to_extract), get(item, value_to_extract)];
          if (key === undefined || key === null || typeof key === "object" || key === "") continue;
          if (value === undefined || value === null) continue;
          const path = [...(target === undefined ? [] : [target]), textOf(key)].join(".");
          if (override_on_conflict || get(log.attributes, path) === undefined) set(log.attributes, path, copyOf(value));
        }
      };
    }
    case "select": {
      const matches = compileItemQuery(operation.filter);
      return (log) => {
        const items = valueOf(log, source);
        if (!Array.isArray(items)) return;
        for (const item of items) {
          if (!isObject(item) || !matches({ message: "", attributes: item })) continue;
          const value = valueOf({ message: "", attributes: item } satisfies Log, operation.value_to_extract);
          if (value !== undefined) set(log.attributes, operation.target, copyOf(value));
          return;
        }
      };
    }
  }
}
