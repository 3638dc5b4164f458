import type { ProcessorDefinition } from "../../grok";

/**
 * Standard attributes of Datadog's and the attributes that each is filled from, of which the first that a log has counts:
 * `{ "usr.name": ["user"] }`. The source's own attribute stays.
 */
export type Remap = Readonly<Record<string, string[]>>;

/** An attribute remapper for each standard attribute. What a log holds under that name already is left alone. */
export function remappers(remap: Remap): ProcessorDefinition[] {
  return Object.entries(remap).map(([target, sources]) => {
    return {
      type: "attribute-remapper",
      name: `${sources.join(", ")} as ${target}`,
      sources,
      source_type: "attribute",
      target,
      target_type: "attribute",
      preserve_source: true,
      override_on_conflict: false,
    };
  });
}
