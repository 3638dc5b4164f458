import { set, type Value } from "../attributes";
import type { SchemaCategoryMapper, SchemaProcessor } from "./definition";
import { valueOf, type WorkingLog } from "./log";
import { remapAttribute } from "./remappers";
import { compilePipelineQuery } from "./search";

/** The categories of OCSF by the first digit of a class. See https://schema.ocsf.io/categories */
const CATEGORIES = [
  "Uncategorized",
  "System Activity",
  "Findings",
  "Identity & Access Management",
  "Network Activity",
  "Discovery",
  "Application Activity",
  "Remediation",
];

/** Compiles a schema processor: its mappers in order, and then the attributes of the class. */
export function compileSchema({ mappers, schema }: SchemaProcessor): (log: WorkingLog) => void {
  const steps = mappers.map((mapper) =>
    mapper.type === "schema-category-mapper"
      ? compileCategories(mapper)
      : (log: WorkingLog) => remapAttribute({ ...mapper, source_type: "attribute", target_type: "attribute" }, log),
  );
  const category = Math.floor(schema.class_uid / 1000);
  const ofClass: Readonly<Record<string, Value | undefined>> = {
    class_uid: schema.class_uid,
    class_name: schema.class_name,
    category_uid: category,
    category_name: CATEGORIES[category],
    "metadata.version": schema.version,
  };
  return (log) => {
    for (const step of steps) step(log);
    for (const [name, value] of Object.entries(ofClass))
      if (value !== undefined) set(log.attributes, `ocsf.${name}`, value);
  };
}

function compileCategories({ categories, targets, fallback }: SchemaCategoryMapper): (log: WorkingLog) => void {
  const compiled = categories.map((category) => ({
    ...category,
    matches: compilePipelineQuery(category.filter.query),
  }));
  const fallsBack = (target: string | undefined, value: string) =>
    target !== undefined && fallback?.values?.[target] === value;
  return (log) => {
    const category = compiled.find(({ matches }) => matches(log));
    if (category === undefined) return;
    const { name, id } = category;
    let shown: Value = name;
    if (targets.name !== undefined && (fallsBack(targets.name, name) || fallsBack(targets.id, String(id)))) {
      const values = (fallback?.sources?.[targets.name] ?? []).map((source) => valueOf(log, source));
      shown = values.find((value) => value !== undefined) ?? name;
    }
    if (targets.name !== undefined) set(log.attributes, targets.name, shown);
    if (targets.id !== undefined) set(log.attributes, targets.id, id);
  };
}
