import { z } from "zod";
import { nearest } from "../nearest";
import type { ProcessorDefinition } from "./definition";

const texts = z.array(z.string());
const query = z.looseObject({ query: z.string() });
const sources = { sources: texts };
const target = { target: z.string() };
const both = { source: z.string(), ...target };

/** What a processor of each type cannot do without; what may be left out is checked where the engine meets it. */
const FIELDS: Record<ProcessorDefinition["type"], z.ZodRawShape> = {
  "grok-parser": {
    source: z.string(),
    samples: texts.optional(),
    grok: z.looseObject({ match_rules: z.string(), support_rules: z.string().optional() }),
  },
  "date-remapper": sources,
  "status-remapper": sources,
  "service-remapper": sources,
  "message-remapper": sources,
  "trace-id-remapper": sources,
  "span-id-remapper": sources,
  "attribute-remapper": { ...sources, ...target },
  "category-processor": { ...target, categories: z.array(z.looseObject({ name: z.string(), filter: query })) },
  "string-builder-processor": { ...target, template: z.string() },
  "arithmetic-processor": { ...target, expression: z.string() },
  "lookup-processor": { ...both, lookup_table: z.union([texts, z.string()]) },
  "url-parser": { ...sources, ...target },
  "user-agent-parser": { ...sources, ...target },
  "geo-ip-parser": { ...sources, ...target },
  "array-processor": {
    operation: z.discriminatedUnion("type", [
      z.looseObject({ type: z.literal("append"), ...both }),
      z.looseObject({ type: z.literal("length"), ...both }),
      z.looseObject({ type: z.literal("select"), ...both, filter: z.string(), value_to_extract: z.string() }),
    ]),
  },
  pipeline: { filter: query.optional(), processors: z.lazy(() => z.array(processor)) },
};

const processor: z.ZodType = z
  .looseObject({ type: z.string(), name: z.string().optional(), is_enabled: z.boolean().optional() })
  .check((context) => {
    const { type } = context.value;
    if (!Object.hasOwn(FIELDS, type)) {
      const message = `there is no processor of this type${nearest(type, Object.keys(FIELDS))}`;
      context.issues.push({ code: "custom", input: type, path: ["type"], message });
      return;
    }
    const parsed = z.looseObject(FIELDS[type as ProcessorDefinition["type"]]).safeParse(context.value);
    // As they are: where each stands is told from the processor on.
    for (const { path, message } of parsed.error?.issues ?? []) {
      context.issues.push({ code: "custom", input: context.value, path: [...path], message });
    }
  });

const pipelineShape = z.looseObject({
  name: z.string().min(1, "is empty"),
  is_enabled: z.boolean().optional(),
  filter: query.optional(),
  processors: z.array(processor),
});

const testsShape = z.array(
  z.looseObject({
    sample: z.string(),
    result: z.looseObject({}),
    service: z.string().optional(),
    tags: texts.optional(),
  }),
);

/** What of a pipeline has not the shape that it must have, one line each: `processors[0].sources: …`. */
export const wrongInPipeline = (pipeline: unknown) => wrong(pipelineShape, pipeline, "");
/** The same of a file's tests. */
export const wrongInTests = (tests: unknown) => wrong(testsShape, tests, "tests");

function wrong(shape: z.ZodType, value: unknown, root: string): string[] {
  const { error } = shape.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => {
    const place = path.reduce<string>(
      (text, part) =>
        typeof part === "number" ? `${text}[${part}]` : `${text}${text === "" ? "" : "."}${String(part)}`,
      root,
    );
    return `${place}: ${message.replace(/^Invalid input: /, "")}`;
  });
}
