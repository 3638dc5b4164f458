import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chooseStack } from "../../operate/stack";

let folder: string;
let project: string;
let home: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "kube-control-stack-")));
  project = join(folder, "project");
  home = join(folder, "home");
  write(join(project, "Pulumi.yaml"), "name: kube-control\nmain: index.ts\n");
  for (const stack of ["dev", "prod"]) write(join(project, `Pulumi.${stack}.yaml`), "config: {}\n");
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Writes the file that `pulumi stack select` writes. */
function select(selection: object, path = join(project, "Pulumi.yaml")): void {
  const hash = createHash("sha1").update(path).digest("hex");
  write(join(home, "workspaces", `kube-control-${hash}-workspace.json`), JSON.stringify(selection));
}

const noCli = () => {
  throw new Error("the CLI was started");
};
const choose = (
  given?: string,
  env: Record<string, string> = {},
  cwd = project,
  ask: () => string | undefined = noCli,
) => chooseStack({ cwd, env: { PULUMI_HOME: home, ...env } }, given, ask);

test("a given stack has precedence over every selection", () => {
  select({ stack: "dev" });
  expect(choose("prod", { PULUMI_STACK: "dev" })).toEqual({
    name: "prod",
    projectFile: join(project, "Pulumi.yaml"),
    configurationFile: join(project, "Pulumi.prod.yaml"),
  });
});

test("PULUMI_STACK has precedence over the stack that the CLI has selected", () => {
  select({ stack: "dev" });
  expect(choose(undefined, { PULUMI_STACK: "acme/kube-control/prod" }).name).toBe("prod");
});

test.each([
  ["of an older CLI", { stack: "prod" }, {}],
  ["of the only backend", { stacks: { "file:///state": "organization/kube-control/prod" } }, {}],
  [
    "of the backend of the environment",
    { stacks: { "file:///a": "organization/kube-control/dev", "file:///b": "organization/kube-control/prod" } },
    { PULUMI_BACKEND_URL: "file:///b" },
  ],
])("the selection %s is found without the CLI", (_, selection, env) => {
  select(selection);
  expect(choose(undefined, env).name).toBe("prod");
});

test("the selection at the backend of the login is found among several", () => {
  select({ stacks: { "file:///a": "organization/kube-control/dev", "file:///b": "organization/kube-control/prod" } });
  write(join(home, "credentials.json"), JSON.stringify({ current: "file:///b" }));
  expect(choose().name).toBe("prod");
});

test("the project is found from a folder in it, also through a symbolic link in PWD", () => {
  const link = join(folder, "link");
  symlinkSync(project, link);
  select({ stack: "prod" }, join(link, "Pulumi.yaml"));
  mkdirSync(join(project, "docs"));
  expect(choose(undefined, { PWD: join(link, "docs") }, join(project, "docs")).name).toBe("prod");
});

test("the CLI is asked if it has a home without this project's file", () => {
  mkdirSync(join(home, "workspaces"), { recursive: true });
  expect(choose(undefined, {}, project, () => "prod").name).toBe("prod");
});

test("without a selection, the lab's stack is chosen if the lab exists", () => {
  const ofLab = join(project, ".lab/project");
  write(join(ofLab, "Pulumi.yaml"), "name: kube-control\nmain: ../../index.ts\n");
  write(join(ofLab, "Pulumi.dev.yaml"), "config: {}\n");
  expect(choose().configurationFile).toBe(join(ofLab, "Pulumi.dev.yaml"));
});

test.each([
  ["no stack is selected and there is no lab", undefined, /No stack is selected.*--stack NAME/],
  ["the stack has no configuration", "other", /other has no configuration/],
  ["the name is a path", "../../etc/passwd%00", /not the name of a stack/],
])("the choice is refused with what to do if %s", (_, given, message) => {
  expect(() => choose(given)).toThrow(message);
});
