import { isDeepStrictEqual } from "node:util";
import type { Field, Fields, Shape } from "./schema";
import { containsUnknown, isRecord, isUnknown, type Properties, type Value } from "./value";

export interface Change {
  readonly kind: "add" | "delete" | "update";
  /** The change can only be made by another resource in this one's place. */
  readonly replaces: boolean;
}

/** Changed properties by their path, e.g. `processors[1].grokParser.source`. */
export type Changes = ReadonlyMap<string, Change>;

/**
 * Compares a resource's inputs with what its state holds for the same names. Both are revealed: whether a value is
 * secret is no change of the resource.
 */
export function compareInputs(
  fields: Fields,
  state: Properties,
  inputs: Properties,
  ignored: readonly string[],
): Changes {
  const changes = new Map<string, Change>();
  for (const [name, field] of Object.entries(fields)) {
    const found = new Map<string, Change["kind"]>();
    compare(field, state[name], inputs[name], name, found);
    for (const [path, kind] of found) {
      if (!ignored.some((other) => path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`))) {
        changes.set(path, { kind, replaces: field.replaces ?? false });
      }
    }
  }
  return changes;
}

function compare(
  shape: Field | Shape,
  before: Value | undefined,
  after: Value | undefined,
  path: string,
  found: Map<string, Change["kind"]>,
): void {
  const absentBefore = before === undefined || before === null;
  const absentAfter = after === undefined || after === null;
  if (absentAfter) {
    const expected = "computed" in shape && shape.computed;
    if (!absentBefore && !expected && !isEmpty(before)) {
      found.set(path, "delete");
    }
  } else if (absentBefore) {
    if (!isEmpty(after)) {
      found.set(path, "add");
    }
  } else if (isUnknown(after)) {
    found.set(path, "update");
  } else if (shape.kind === "record" && isRecord(before) && isRecord(after)) {
    for (const [name, field] of Object.entries(shape.fields)) {
      compare(field, before[name], after[name], `${path}.${name}`, found);
    }
  } else if (shape.kind === "map" && isRecord(before) && isRecord(after)) {
    for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
      compare(shape.of, before[name], after[name], `${path}.${name}`, found);
    }
  } else if ("unordered" in shape && shape.unordered && sameItems(before, after)) {
    return;
  } else if (shape.kind === "list" && Array.isArray(before) && Array.isArray(after)) {
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      compare(shape.of, before[index], after[index], `${path}[${index}]`, found);
    }
  } else if (containsUnknown(after) || !isDeepStrictEqual(before, after)) {
    found.set(path, "update");
  }
}

/** An empty list or map says the same as none. */
function isEmpty(value: Value | undefined): boolean {
  return Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
}

function sameItems(before: Value | undefined, after: Value | undefined): boolean {
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return false;
  }
  const sorted = (items: Value[]) => items.map(canonical).sort();
  return isDeepStrictEqual(sorted(before), sorted(after));
}

/** JSON in which the names of a record are in order. */
function canonical(value: Value): string {
  return JSON.stringify(value, (_name, part: Value) =>
    isRecord(part) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}
