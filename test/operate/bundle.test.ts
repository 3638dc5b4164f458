import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";

const root = join(__dirname, "../..");
const committed = readFileSync(join(root, "operate/bundle.cjs"), "utf8");

/** A new bundle of the sources, and the files that it contains. */
function generated(): { text: string; inputs: string[] } {
  const module = JSON.stringify(join(root, "operate/bundle.mjs"));
  const code = `import(${module}).then(async ({ bundled }) => process.stdout.write(JSON.stringify(await bundled())))`;
  const options = { maxBuffer: 1e8, encoding: "utf8" } as const;
  return JSON.parse(execFileSync(process.execPath, ["--input-type=module", "--eval", code], options)) as ReturnType<
    typeof generated
  >;
}

test("the committed bundle is current, and has no file of the lab or of a package", () => {
  const { text, inputs } = generated();
  expect(committed === text ? "current" : "stale: run npm run bundle").toBe("current");
  expect(inputs.filter((path) => /^(lab|test|node_modules)\//.test(path))).toEqual([]);
});

test("the bundle loads only packages that npm ci --omit=dev installs, and not Pulumi's SDK", () => {
  const loaded = [...committed.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, name = ""]) => name);
  const packages = [...new Set(loaded)].filter((name) => !name.startsWith("node:") && !builtinModules.includes(name));
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: object };
  expect(packages.filter((name) => !(name in dependencies))).toEqual([]);
  expect(packages.filter((name) => name.startsWith("@pulumi/"))).toEqual([]);
});
