/** `npm run docs:settings`: writes the files that are generated from the schema of the settings. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedFiles } from "./files";

const root = join(__dirname, "../..");
for (const [path, text] of Object.entries(generatedFiles(root))) {
  writeFileSync(join(root, path), text);
  console.log(`written: ${path}`);
}
