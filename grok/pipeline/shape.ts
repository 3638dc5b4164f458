import { z } from "zod";
import { isObject } from "../attributes";
import { nearest } from "../nearest";
import { type Pipeline, type PipelineDefinition, pipelineShape } from "./definition";

/** The fields of a test's `result`. */
const RESULT_FIELDS = ["custom", "message", "tags", "timestamp", "status", "service", "trace_id", "span_id"] as const;
export type ResultField = (typeof RESULT_FIELDS)[number];

const testsShape = z.array(
  withoutOthers({
    sample: z.string(),
    result: withoutOthers(Object.fromEntries(RESULT_FIELDS.map((name) => [name, z.unknown().optional()]))),
    service: z.string().optional(),
    tags: z.array(z.string()).optional(),
  }),
);

/** An object that has no other fields: a test with a mistyped field would pass although it compares less than intended. */
function withoutOthers(fields: z.ZodRawShape) {
  return z.strictObject(fields, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => `unknown field ${key}${nearest(key, Object.keys(fields))}`).join(", ")
        : undefined,
  });
}

/** The mistakes in the shape of a pipeline, with their paths: `processors[0].sources: expected array, received undefined`. */
export const mistakesInPipeline = (pipeline: unknown) => mistakesIn(pipelineShape, pipeline, "");
/** The mistakes in the shape of a pipeline file's tests, with their paths. */
export const mistakesInTests = (tests: unknown) => mistakesIn(testsShape, tests, "tests");

/**
 * The pipeline with the defaults of the fields that are missing, and without fields that the definition does not have.
 *
 * @throws Error if it does not have the shape of a pipeline
 */
export function withDefaults(definition: PipelineDefinition): Pipeline {
  const { data, error } = pipelineShape.safeParse(definition);
  if (error !== undefined) throw new Error(listed(described(error, "")));
  return data;
}

/** The value with the text of each number or boolean where a pipeline has a text: `template: 4` in YAML is "4". */
export function withTexts(value: unknown): unknown {
  const { error } = pipelineShape.safeParse(value);
  const places = (error?.issues ?? []).filter((issue) => issue.code === "invalid_type" && issue.expected === "string");
  return places.reduce((result, { path }) => withTextAt(result, path), value);
}

function withTextAt(value: unknown, [part, ...rest]: readonly PropertyKey[]): unknown {
  if (part === undefined) return /^(number|bigint|boolean)$/.test(typeof value) ? String(value) : value;
  const inside = withTextAt((value as Record<PropertyKey, unknown>)[part], rest);
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === part ? inside : item));
  return inside === undefined ? value : { ...(value as object), [part]: inside };
}

/** Most mistakes that an error lists. */
const MOST_LISTED = 5;

/** The first mistakes as one text, and the number of the others. */
export function listed(mistakes: readonly string[]): string {
  const more = mistakes.length > MOST_LISTED ? `; and ${mistakes.length - MOST_LISTED} more` : "";
  return mistakes.slice(0, MOST_LISTED).join("; ") + more;
}

function mistakesIn(shape: z.ZodType, value: unknown, root: string): string[] {
  const { error } = shape.safeParse(value);
  return error === undefined ? [] : described(error, root);
}

function described({ issues }: z.ZodError, root: string): string[] {
  return issues.map(
    ({ path, message }) => `${pathText(path, root)}: ${message.replace(/^Invalid (input|option): /, "")}`,
  );
}

/** A path as text: `processors[0].sources`. */
export function pathText(path: readonly PropertyKey[], root = ""): string {
  return path.reduce<string>(
    (text, part) => (typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${String(part)}`),
    root,
  );
}

/** Fields of Datadog's API and of its integrations' files that have no effect here, and those of a pipeline file. */
const WITHOUT_EFFECT = [
  ...["id", "type", "is_read_only", "description", "tags", "ocsf", "extensions", "tests", "tables"],
  ...["ip_processing_behavior", "combine_version_details", "is_encoded", "override_on_conflict"],
];

/** A field that a pipeline does not have. */
interface UnknownField {
  readonly path: readonly (string | number)[];
  /** `; did you mean X?`, or "". */
  readonly similar: string;
}

/** The fields of a pipeline, with the API's names, that its shape does not have. */
export function unknownFields(
  value: unknown,
  shape: unknown = pipelineShape,
  path: UnknownField["path"] = [],
): UnknownField[] {
  if (shape instanceof z.ZodOptional || shape instanceof z.ZodDefault || shape instanceof z.ZodReadonly)
    return unknownFields(value, shape.unwrap(), path);
  if (shape instanceof z.ZodArray && Array.isArray(value))
    return value.flatMap((each, index) => unknownFields(each, shape.element, [...path, index]));
  if (!isObject(value)) return [];
  if (shape instanceof z.ZodDiscriminatedUnion) {
    const options = shape.options as readonly z.ZodObject<{ type: z.ZodType }>[];
    const option = options.find((each) => each.shape.type.safeParse(value.type).success);
    return unknownFields(value, option, path);
  }
  if (!(shape instanceof z.ZodObject)) return [];
  const fields: Readonly<Record<string, unknown>> = shape.shape;
  return Object.entries(value).flatMap(([name, each]) => {
    if (Object.hasOwn(fields, name)) return unknownFields(each, fields[name], [...path, name]);
    if (WITHOUT_EFFECT.includes(name)) return [];
    return [{ path: [...path, name], similar: nearest(name, Object.keys(fields)) }];
  });
}
