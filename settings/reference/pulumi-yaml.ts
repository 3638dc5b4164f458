import { Scalar, stringify } from "yaml";
import { namespace } from "../mistakes";
import { defaultOf, type Described, fieldsOf, sections } from "./described";

/** Pulumi.yaml with a new `config:` section, which must be the last one. The text before it is kept. */
export function withSettings(pulumiYaml: string): string {
  const [head = ""] = pulumiYaml.split(/^config:$/m);
  const config = Object.fromEntries(sections.map(([key, group]) => [`${namespace}:${key}`, declaration(group)]));
  return head + stringify({ config }, { lineWidth: 120 });
}

function declaration(group: Described): object {
  if (group.secret === true) {
    return { type: "string", description: folded(`Secret, ${group.unset}. ${group.description}`), default: "" };
  }
  const description = folded(
    `${group.description} Keys: ${fieldsOf(group).map(named).join(", ")}. See docs/settings.md.`,
  );
  return group.type === "array"
    ? { type: "array", items: { type: "object" }, description, default: [] }
    : { type: "object", description, default: {} };
}

/** A text whose lines YAML may break at blanks. */
function folded(text: string): Scalar {
  const scalar = new Scalar(text);
  scalar.type = Scalar.BLOCK_FOLDED;
  return scalar;
}

function named([key, field, isRequired]: [string, Described, boolean]): string {
  const value = isRequired ? "required" : defaultOf(field);
  const unit = value !== undefined && /^[\d.]+$/.test(value) && field.unit !== undefined ? ` ${field.unit}` : "";
  return value === undefined ? key : `${key} (${value}${unit})`;
}
