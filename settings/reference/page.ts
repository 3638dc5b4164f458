import { namespace } from "../mistakes";
import { choicesOf, defaultOf, type Described, fieldsOf, sections } from "./described";

type Row = readonly [key: string, what: string, unit: string, byDefault: string, source: string];

const heads: Row = ["key", "what", "unit", "default", "source"];

/** The text of docs/settings.md. */
export function settingsPage(): string {
  const groups = sections.filter(([, { secret }]) => secret !== true);
  const secrets = sections.filter(([, { secret }]) => secret === true);
  return `# Settings

<!-- Written by \`npm run docs:settings\` from the schema in settings/sections/. Do not edit it. -->

Every key of a stack's file, e.g. \`Pulumi.prod.yaml\`, with the prefix \`${namespace}:\`. \`pulumi preview\` reports every mistake
at once, with the key, the value and what to do.

If this is the first line of the file, an editor with yaml-language-server (VS Code with the YAML extension, Neovim, Helix)
completes and checks it:

\`\`\`yaml
# yaml-language-server: $schema=settings/stack.schema.json
\`\`\`

${groups.map(groupPart).join("\n")}
## Secrets

Each is encrypted in the stack's file by \`pulumi config set --secret ${namespace}:KEY\`, which asks for the value.

${table(secrets.map(([key, field]) => rowOf(key, field, false)))}`;
}

function groupPart([key, group]: [string, Described]): string {
  const source = group.source === undefined ? "" : ` (${link(group.source)})`;
  const list = group.items === undefined ? "" : ` A list: each entry has these keys.`;
  const none = Array.isArray(group.default) ? " Default: none." : "";
  return `## ${key}

${group.description ?? ""}${source}${list}${none}

${table(rowsOf(group, ""))}`;
}

function rowsOf(group: Described, prefix: string): Row[] {
  return fieldsOf(group).flatMap(([key, field, isRequired]) => [
    rowOf(`${prefix}${key}`, field, isRequired),
    ...(field.properties === undefined ? [] : rowsOf(field, `${prefix}${key}.`)),
    ...(field.items?.properties === undefined ? [] : rowsOf(field, `${prefix}${key}[].`)),
  ]);
}

function rowOf(key: string, field: Described, isRequired: boolean): Row {
  return [
    code(key),
    [field.description, limitsOf(field)].filter((part) => part !== undefined).join(" "),
    field.unit ?? "",
    isRequired ? "required" : shownDefault(field),
    field.source === undefined ? "" : link(field.source),
  ];
}

function shownDefault(field: Described): string {
  const text = defaultOf(field);
  const isValue = field.unset === undefined && text !== undefined && text !== "none";
  return isValue ? code(text) : (text ?? (field.properties === undefined ? "none" : ""));
}

/** The choices, the limits or an example of a value. */
function limitsOf(field: Described): string | undefined {
  const choices = choicesOf(field);
  if (choices.length > 0) return `One of ${choices.map((choice) => code(String(choice))).join(", ")}.`;
  const { minimum, maximum } = field;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}.`;
  const example = field.example ?? field.items?.example;
  return example === undefined ? undefined : `E.g. ${code(example)}.`;
}

const code = (text: string) => `\`${text}\``;

const link = (url: string) => `[${new URL(url).host}](${url})`;

/** A Markdown table with aligned columns, as Prettier writes it. */
function table(rows: readonly Row[]): string {
  const all = [heads, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = heads.map((_, column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, fill)).join(" | ")} |\n`;
  const [head = [], ...body] = all;
  return [line(head), line(["", "", "", "", ""], "-"), ...body.map((row) => line(row))].join("");
}
