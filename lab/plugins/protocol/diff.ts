import { isDeepStrictEqual } from "node:util";
import type { Field, Fields, Shape } from "./schema";
import { isRecord, isUnknown, type Properties, type Value } from "./value";

interface Change {
  readonly kind: "ADD" | "DELETE" | "UPDATE";
  /** The change needs a replacement of the resource. */
  readonly replaces: boolean;
}

/** Changed properties by their path, e.g. `processors[1].grokParser.source`. */
export type Changes = Map<string, Change>;

/** Compares a resource's inputs with its state. */
export function compareInputs(fields: Fields, state: Properties, inputs: Properties): Changes {
  const changes: Changes = new Map();
  for (const [name, field] of Object.entries(fields)) {
    compare(field, state[name], inputs[name], name, (path, kind) =>
      changes.set(path, { kind, replaces: field.replaces ?? false }),
    );
  }
  return changes;
}

function compare(
  shape: Field | Shape,
  before: Value | undefined,
  after: Value | undefined,
  path: string,
  found: (path: string, kind: Change["kind"]) => void,
): void {
  if (isAbsent(after)) {
    if (!isAbsent(before) && !isEmpty(before)) {
      found(path, "DELETE");
    }
  } else if (isAbsent(before)) {
    if (!isEmpty(after)) {
      found(path, "ADD");
    }
  } else if (isUnknown(after)) {
    found(path, "UPDATE");
  } else if (shape.kind === "record" && isRecord(before) && isRecord(after)) {
    for (const [name, field] of Object.entries(shape.fields)) {
      compare(field, before[name], after[name], `${path}.${name}`, found);
    }
  } else if (shape.kind === "list" && Array.isArray(before) && Array.isArray(after)) {
    if ("unordered" in shape && shape.unordered && isDeepStrictEqual(new Set(before), new Set(after))) {
      return;
    }
    for (let index = 0; index < Math.max(before.length, after.length); index++) {
      compare(shape.of, before[index], after[index], `${path}[${index}]`, found);
    }
  } else if (!isDeepStrictEqual(before, after)) {
    found(path, "UPDATE");
  }
}

const isAbsent = (value: Value | undefined): value is null | undefined => value === undefined || value === null;

/** An empty list or map equals an absent one. */
const isEmpty = (value: Value) =>
  Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
