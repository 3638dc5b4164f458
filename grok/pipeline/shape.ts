import { z } from "zod";
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
        ? issue.keys.map((key) => unknownField(key, Object.keys(fields))).join(", ")
        : undefined,
  });
}

const unknownField = (name: string, known: readonly string[]) => `unknown field ${name}${nearest(name, known)}`;

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
  return issues.map(({ path, message }) => {
    const place = path.reduce<string>(
      (text, part) =>
        typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${String(part)}`,
      root,
    );
    return `${place}: ${message.replace(/^Invalid (input|option): /, "")}`;
  });
}
