import type { ProcessorDefinition } from "../../grok/index";

/**
 * Standard attributes of Datadog, each with the attributes that it is copied from: `{ "usr.name": ["user"] }`. Of several
 * attributes, the first that a log has is copied.
 */
export type Remap = Readonly<Record<string, string[]>>;

/** An attribute remapper for each standard attribute. It does not override an existing value. */
export function remappers(remap: Remap): ProcessorDefinition[] {
  return Object.entries(remap).map(([target, sources]) => ({
    type: "attribute-remapper",
    name: `${sources.join(", ")} as ${target}`,
    sources,
    target,
    preserve_source: true,
  }));
}
