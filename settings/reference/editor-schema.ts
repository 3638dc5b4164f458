import { namespace } from "../mistakes";
import { described, type Described, sections } from "./described";

/** The JSON Schema of a stack's file, for editors. It accepts all keys of other programs and of Pulumi. */
export function editorSchema(): object {
  const keys = sections.map(([key]) => key).join("|");
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Pulumi.STACK.yaml of kube-control",
    $comment: "Written by `npm run docs:settings` from the schema in settings/sections/. Do not edit it.",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(sections.map(([key, group]) => [`${namespace}:${key}`, forEditors(group)])),
        required: (described.required ?? []).map((key) => `${namespace}:${key}`),
        // refuses unknown keys with this program's prefix
        propertyNames: { pattern: `^(?!${namespace}:)|^${namespace}:(${keys})$` },
      },
    },
    $defs: described.$defs,
  };
}

/** The form in which Pulumi writes an encrypted value. */
const encrypted = { type: "object", properties: { secure: { type: "string" } }, required: ["secure"] };

/** Removes keywords that JSON Schema does not have, and adds their content to the description. */
function forEditors(field: Described): object {
  const { unit, unset, source, example, secret, default: byDefault, properties, items, ...rest } = field;
  const notes = [
    field.description,
    unit === undefined ? "" : `Unit: ${unit}.`,
    unset === undefined ? "" : `Default: ${unset}.`,
    source === undefined ? "" : source,
  ];
  const description = notes.filter((note) => note !== undefined && note !== "").join(" ");
  return {
    ...(secret === true ? encrypted : rest),
    ...(description === "" ? {} : { description }),
    ...(example === undefined ? {} : { examples: [example] }),
    ...(byDefault === undefined || properties !== undefined ? {} : { default: byDefault }),
    ...(items === undefined ? {} : { items: forEditors(items) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, forEditors(one)])) }),
  };
}
