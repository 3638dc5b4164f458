import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "../settings/stack";
import { componentNames } from "./components";

// The examples in the doc comments of the package's exports.

/** The examples in a file: the name that each one documents, and the code without the comment's stars. */
function examplesIn(path: string): [string, string][] {
  const comments = readFileSync(path, "utf8").matchAll(
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport (?:class|function) (\w+)/g,
  );
  return [...comments].flatMap(([, comment = "", name = ""]): [string, string][] => {
    const [, code] = /@example\n \* ```ts\n([^]*?) \* ```/.exec(comment) ?? [];
    return code === undefined ? [] : [[name, code.replaceAll(/^ \* ?/gm, "")]];
  });
}

const files = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => join(root, "components", path));
const examples = new Map([...files, join(root, "host/ssh-host.ts")].flatMap(examplesIn));

test("each component and sshHost have an example", () => {
  expect([...examples.keys()].sort()).toEqual([...componentNames, "sshHost"].sort());
});

test("the examples compile", () => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const texts = new Map([...examples].map(([name, text]) => [join(root, `example-of-${name}.ts`), text]));
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => texts.has(path) || disk.fileExists(path),
    readFile: (path) => texts.get(path) ?? disk.readFile(path),
    getSourceFile(path, language) {
      const text = texts.get(path);
      return text === undefined ? disk.getSourceFile(path, language) : ts.createSourceFile(path, text, language);
    },
  };
  // an example may declare names that it does not use
  const program = ts.createProgram([...texts.keys()], { ...options, noUnusedLocals: false }, host);
  const found = [...texts.keys()].flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path)).map(({ messageText }) => {
      return `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
    }),
  );
  expect(found).toEqual([]);
});
