import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { scratch } from "./commands";

// The script of the GitHub Action, with stand-ins for npm, which "installs" a grok, and for gh, which records its arguments.

const { folder, path, write, read } = scratch();
const action = parse(readFileSync(join(__dirname, "../action.yml"), "utf8"));

beforeAll(() => mkdirSync(path("bin")));

function program(name: string, body: string): void {
  write(join("bin", name), `#!/usr/bin/env bash\n${body}\n`);
  chmodSync(path(join("bin", name)), 0o755);
}

interface Stage {
  readonly code?: number;
  readonly output?: string;
  /** Id of an earlier comment. */
  readonly earlier?: string;
  readonly env?: Record<string, string>;
  readonly gh?: string;
  readonly npm?: string;
}

function run({ code = 0, output = "1 passed, 0 failed", earlier = "", env = {}, gh, npm }: Stage) {
  for (const name of ["calls", "body", "output", "summary"]) rmSync(path(name), { force: true });
  write("said", `${output}\n`);
  program("installed", `printf '%s\\n' "grok $*" >>"$STAGE/calls"\ncat "$STAGE/said"\nexit ${code}`);
  program(
    "npm",
    npm ??
      'mkdir -p "$RUNNER_TEMP/grok/node_modules/.bin"; cp "$STAGE/bin/installed" "$RUNNER_TEMP/grok/node_modules/.bin/grok"\necho "npm ${*: -1}" >>"$STAGE/calls"',
  );
  program(
    "gh",
    gh ??
      `echo "gh $*" >>"$STAGE/calls"; [[ $* == *--jq* ]] && echo "${earlier}"; for each; do [[ $each == body=@* ]] && cat "\${each#body=@}" >"$STAGE/body"; done; exit 0`,
  );
  const result = spawnSync("bash", [join(__dirname, "../action.sh")], {
    encoding: "utf8",
    cwd: folder,
    env: {
      PATH: [path("bin"), process.env["PATH"]].join(delimiter),
      STAGE: folder,
      RUNNER_TEMP: path("temp"),
      GITHUB_OUTPUT: path("output"),
      GITHUB_STEP_SUMMARY: path("summary"),
      PATHS: "pipelines one.yaml",
      PACKAGE: "@kube-control/grok",
      COMMENT: "true",
      GH_REPO: "me/logs",
      PULL_REQUEST: "7",
      ...env,
    },
  });
  return {
    ...result,
    calls: (existsSync(path("calls")) ? read("calls") : "").split("\n").filter((line) => line !== ""),
  };
}

test("the action passes every input to the script as an environment variable", () => {
  const [step] = action.runs.steps;
  const used = Object.values<string>(step.env).flatMap((value) => /inputs\.(\w+)/.exec(value)?.[1] ?? []);
  expect(used.sort()).toEqual(Object.keys(action.inputs).sort());
  expect(step.run).not.toContain("${{");
});

test("comments on the pull request, and has the exit code of grok test", () => {
  const { status, calls } = run({ code: 1, output: "a.yaml, sample 1\n```\n0 passed, 1 failed" });
  expect(status).toBe(1);
  const results = join(path("temp"), "grok");
  expect(calls).toEqual([
    "npm @kube-control/grok",
    `grok test --coverage --junit ${results}/junit.xml --sarif ${results}/grok.sarif pipelines one.yaml`,
    expect.stringContaining("gh api --paginate repos/me/logs/issues/7/comments"),
    `gh api --silent --method POST repos/me/logs/issues/7/comments --field body=@${results}/comment.md`,
  ]);
  const body =
    "<!-- grok test -->\n**grok test: 0 passed, 1 failed**\n\n    a.yaml, sample 1\n    ```\n    0 passed, 1 failed\n";
  expect([read("body"), read("summary")]).toEqual([body, body]);
  expect(read("output")).toBe(`junit=${results}/junit.xml\nsarif=${results}/grok.sarif\n`);
});

test("the headline is the error if grok test could not do its work", () => {
  run({ code: 2, output: "error: give files or folders\nUsage: grok test FILE_OR_FOLDER…\n  --now TIME" });
  expect(read("body")).toContain("\n**grok test: error: give files or folders**\n");
  run({ code: 2, output: "cannot find module" });
  expect(read("body")).toContain("\n**grok test: cannot find module**\n");
});

test("replaces the comment of an earlier run, if a bot wrote it", () => {
  const { status, calls } = run({ earlier: "42" });
  expect(calls.at(-2)).toContain(
    '--jq .[] | select(.user.type == "Bot" and (.body | startswith("<!-- grok test -->"))) | .id',
  );
  expect(status).toBe(0);
  expect(calls.at(-1)).toContain("--method PATCH repos/me/logs/issues/comments/42 ");
});

test.each([
  ["outside of a pull request", { PULL_REQUEST: "" }],
  ["if comments are turned off", { COMMENT: "false" }],
])("does not comment %s", (_when, env) => {
  const { status, calls } = run({ env });
  expect([status, calls.filter((call) => call.startsWith("gh"))]).toEqual([0, []]);
});

test("a package that cannot be installed is an error with npm's reason", () => {
  const npm = '[[ $* == *--silent* ]] || echo "npm error code E404" >&2; exit 7';
  const { status, stdout, stderr, calls } = run({ npm });
  expect([status, stderr, calls]).toEqual([1, "npm error code E404\n", []]);
  expect(stdout).toBe(
    "::error::npm cannot install @kube-control/grok: see its error above, and check the input package\n",
  );
});

test("a comment that is refused is a warning", () => {
  const { status, stdout } = run({ gh: "exit 1" });
  expect(status).toBe(0);
  expect(stdout).toContain("::warning::cannot comment on pull request 7: the job needs the permission");
});

test("an input is never run as a part of a script", () => {
  const { calls } = run({ env: { PATHS: "$(touch${IFS}hacked) a;b\n*.yaml" } });
  expect(calls[1]).toMatch(/\$\(touch\$\{IFS\}hacked\) a;b \*\.yaml$/);
});
