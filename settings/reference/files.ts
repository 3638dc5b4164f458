import { readFileSync } from "node:fs";
import { join } from "node:path";
import { editorSchema } from "./editor-schema";
import { settingsPage } from "./page";
import { withSettings } from "./pulumi-yaml";

/** The content of the files that are generated from the schema, by path. */
export function generatedFiles(root: string): Readonly<Record<string, string>> {
  return {
    "docs/settings.md": settingsPage(),
    "Pulumi.yaml": withSettings(readFileSync(join(root, "Pulumi.yaml"), "utf8")),
    "settings/stack.schema.json": `${JSON.stringify(editorSchema(), null, 2)}\n`,
  };
}
