import { spawnSync } from "node:child_process";
import { shellcheck } from "../shellcheck";

test("shellcheck reports nothing in the fake tool, not even in style", () => {
  const { status, stdout, stderr } = spawnSync(
    shellcheck(),
    ["--shell=bash", "--external-sources", "--format=gcc", "tool.sh"],
    {
      cwd: __dirname,
      encoding: "utf8",
      env: process.env,
    },
  );
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
}, 300_000);
