import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// The package as it would be published: packed, and installed without a network in an empty project.

const grok = resolve(__dirname, "..");
const root = resolve(grok, "..");
const { dependencies, version } = JSON.parse(readFileSync(join(grok, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
  version: string;
};

let project: string;
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: project, encoding: "utf8" });
const write = (name: string, text: string) => writeFileSync(join(project, name), text);

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "grok-package-"));
  write("package.json", JSON.stringify({ name: "empty", private: true }));
  run("npm", "pack", "--silent", "--pack-destination", project, grok);
  // its dependencies, from the installed ones
  for (const name of Object.keys(dependencies))
    run("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", project, join(root, "node_modules", name));
  const tarballs = readdirSync(project).filter((name) => name.endsWith(".tgz"));
  const options = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
  run("npm", "install", ...options, ...tarballs.map((name) => `./${name}`));
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

const use = 'const { rule } = compileParser({ matchRules: "r %{word:a}" }).parse("x", { now: 0 }); console.log(rule);';

test("the tarball contains only what was built, README and licence", () => {
  const listed = run("tar", "tzf", `kube-control-grok-${version}.tgz`).trim().split("\n");
  const others = listed.filter((path) => !/^package\/(dist\/types\/.*\.d\.ts|README\.md|package\.json)$/.test(path));
  expect(others.sort()).toEqual([
    ...[
      ...["LICENSE", "LICENSE.uap-core", "cli.cjs", "index.cjs", "index.d.mts", "index.mjs", "page.css", "page.html"],
      ...["page.mjs", "user-agents.json"],
    ].map((name) => `package/dist/${name}`),
    "package/serve/page.png",
  ]);
  expect(listed.filter((path) => /test|corpus/.test(path))).toEqual([]);
});

test("every relative link in README leads to a file of the tarball", () => {
  const installed = join(project, "node_modules/@kube-control/grok");
  const links = [...readFileSync(join(installed, "README.md"), "utf8").matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
  expect(links.map(([, link = ""]) => link).filter((link) => !existsSync(join(installed, link)))).toEqual([]);
});

test("require and import load the same library", () => {
  write("use.cjs", `const { compileParser } = require("@kube-control/grok"); ${use}`);
  write("use.mjs", `import { compileParser } from "@kube-control/grok"; ${use}`);
  expect([run("node", "use.cjs"), run("node", "use.mjs")]).toEqual(["r\n", "r\n"]);
  write(
    "same.mjs",
    `import { createRequire } from "node:module"; import * as es from "@kube-control/grok";
const cjs = createRequire(import.meta.url)("@kube-control/grok");
console.log(Object.keys(cjs).length > 10 && Object.keys(cjs).every((name) => cjs[name] === es[name]));`,
  );
  expect(run("node", "same.mjs")).toBe("true\n");
});

test("user agents are recognised by the data in the package", () => {
  write(
    "agent.mjs",
    `import { runPipeline } from "@kube-control/grok";
const pipeline = { name: "p", processors: [{ type: "user-agent-parser", sources: ["a"], target: "b" }] };
const log = { message: "", attributes: { a: "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0" } };
console.log(runPipeline(pipeline, log, { now: 0 }).log.attributes.b.browser.family);`,
  );
  expect(run("node", "agent.mjs")).toBe("Firefox\n");
});

test("TypeScript finds the types for both kinds of modules, and refuses a wrong use", () => {
  symlinkSync(join(root, "node_modules/typescript"), join(project, "node_modules/typescript"));
  const good = `import { compileParser, type ParseResult } from "@kube-control/grok";
const result: ParseResult = compileParser({ matchRules: "r x" }).parse("x", { now: 0 });
export const rule: string = result.matched ? result.rule : result.furthest.expected;\n`;
  write("good.cts", good);
  write("good.mts", good);
  write("wrong.mts", good.replace("{ now: 0 }", "{ now: false }"));
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022"];
  let found = "";
  try {
    run("node", "node_modules/typescript/bin/tsc", ...options, "good.cts", "good.mts", "wrong.mts");
  } catch (error) {
    found = (error as { stdout: string }).stdout;
  }
  expect(found).toMatch(/^wrong\.mts\(2,.*'boolean' is not assignable to type 'number'/);
  expect(found.match(/error TS/g)).toHaveLength(1);
});

test("the command runs", () => {
  expect(run("node_modules/.bin/grok", "--version")).toBe(`${version}\n`);
  write("p.json", JSON.stringify({ pipeline: { name: "P", processors: [] }, tests: [] }));
  expect(run("node_modules/.bin/grok", "test", "p.json")).toBe("0 passed, 0 failed\n");
  expect(run("npx", "--no-install", "grok", "lint", "p.json")).toBe("0 errors, 0 hints\n");
});

test("the page of grok serve is in the package", async () => {
  const server = spawn("node", ["node_modules/@kube-control/grok/dist/cli.cjs", "serve"], { cwd: project });
  try {
    const [text] = (await once(server.stdout.setEncoding("utf8"), "data")) as [string];
    const [url = ""] = text.split("\n");
    const answers = await Promise.all(["", "page.css", "page.mjs", "pipeline"].map((path) => fetch(url + path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  } finally {
    server.kill();
  }
});
