import { z } from "zod";
import { stackShape } from "../schema";

/** A setting, or a group of them, as the schema describes it: JSON Schema, and what `.meta()` adds. */
export interface Described {
  readonly description?: string;
  /** The unit of the value, e.g. `s`. */
  readonly unit?: string;
  /** What applies if the setting is omitted, for a default that is not a plain value. */
  readonly unset?: string;
  /** The upstream page that describes the value. */
  readonly source?: string;
  readonly example?: string;
  /** Whether it must be encrypted. */
  readonly secret?: boolean;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Described>>;
  readonly required?: readonly string[];
  readonly items?: Described;
}

/** The schema of all settings. */
export const described = z.toJSONSchema(stackShape, { io: "input", unrepresentable: "any" }) as Described & {
  readonly $defs?: unknown;
};

/** Every top-level setting by its key. */
export const sections = Object.entries(described.properties ?? {});

/** The settings in a group, or in an entry of a list. */
export function fieldsOf(group: Described): [string, Described, isRequired: boolean][] {
  const { properties = {}, required = [] } = group.items ?? group;
  return Object.entries(properties).map(([key, field]) => [key, field, required.includes(key)]);
}

/** The choices of a setting that has a fixed list of values. */
export function choicesOf({ enum: list, anyOf = [] }: Described): readonly unknown[] {
  const constants = anyOf.flatMap((one) => (one.const === undefined ? [] : [one.const]));
  return list ?? constants;
}

/** The default of a setting as text; undefined if it has none. */
export function defaultOf(field: Described): string | undefined {
  const { default: value, unset } = field;
  if (unset !== undefined) return unset;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(String).join(", ");
  if (typeof value === "object" || value === undefined) return undefined;
  return typeof value === "string" ? value : JSON.stringify(value);
}
