import { spawnSync } from "node:child_process";
import { bodyOf, framedCommand, requireEndMark } from "../../host/frame";

const printed = (login: string, script: string) =>
  spawnSync("/bin/bash", ["-c", login.replace("COMMAND", framedCommand("create").replace("sudo -n", ""))], {
    input: script,
  });

test.each([
  ["nothing", "true", ""],
  ["a line", "echo one", "one"],
  ["a text without a line end", "printf one", "one"],
  ["several lines", "printf 'one\\n\\ntwo\\n'", "one\n\ntwo"],
])("the output of a step that prints %s contains nothing else", (_, script, body) => {
  const { status, stdout } = printed("echo Welcome; COMMAND; echo Bye", `create() { ${script}; }\n"$1"\n`);
  expect([status, bodyOf(stdout.toString())]).toEqual([0, body]);
});

test("text of a start file or an exit trap is not in the output", () => {
  const { stdout } = printed("printf hi; trap 'echo bye' EXIT; COMMAND", 'create() { echo one; }\n"$1"\n');
  expect(bodyOf(stdout.toString())).toBe("one");
});

test("the command line ends with the exit status of the script", () => {
  const { status, stdout } = printed("COMMAND", "exit 64\n");
  expect([status, bodyOf(stdout.toString())]).toEqual([64, undefined]);
});

test.each(["", "Welcome\n", "@kube-control begins\none\n", "@kube-control ends 0 and more"])(
  "an output without an end mark is refused: %j",
  (text) => expect(() => requireEndMark(text, "m1: log in")).toThrow(/m1: log in: the step did not run to its end/),
);

test("the command line has no line end, and no single quote in its script", () => {
  const [, text] = /^sh -c '([^']*)'$/.exec(framedCommand("create")) ?? [];
  expect(text).toBeDefined();
  expect(text).not.toContain("\n");
});
