import { namespace } from "../mistakes";
import { described, type Described, sections } from "./described";

/** The JSON Schema of a stack's file, for editors. Keys of other programs and Pulumi's own are left alone. */
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
        // a key of this program's namespace that it does not know is a mistake
        propertyNames: { pattern: `^(?!${namespace}:)|^${namespace}:(${keys})$` },
      },
    },
    $defs: described.$defs,
  };
}

/** As Pulumi writes a value that is encrypted. */
const encrypted = { type: "object", properties: { secure: { type: "string" } }, required: ["secure"] };

/** Without the keys that JSON Schema does not have; what they say goes into the description. */
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
