import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hold, turn } from "../../base/turn";

test("a name is held once, others beside it", async () => {
  const release = await hold("/a/lab");
  expect(release).toBeDefined();
  expect(await hold("/a/lab")).toBeUndefined();
  const other = await hold(`/another/${"x".repeat(300)}`);
  expect(other).toBeDefined();
  other?.();
  release?.();
  const again = await hold("/a/lab");
  expect(again).toBeDefined();
  again?.();
});

test("a turn waits until the one before has ended, and says so meanwhile", async () => {
  const first = await turn("builds", () => undefined);
  const waits = jest.fn();
  const second = turn("builds", waits);
  await sleep(100);
  expect(waits).toHaveBeenCalled();
  first();
  (await second)();
});

test("what a process holds, others do not; that of one that was killed is free", async () => {
  const loader = `file://${join(__dirname, "../../../node_modules/tsx/dist/loader.mjs")}`;
  const text = `
    require(${JSON.stringify(join(__dirname, "../../base/turn"))}).hold("shared").then(() => console.log("held"));
    setTimeout(() => undefined, 60_000);`;
  const child = spawn(process.execPath, ["--import", loader, "-e", text], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.on("close", done));
  await new Promise((done) => child.stdout.once("data", done));
  expect(await hold("shared")).toBeUndefined();
  child.kill("SIGKILL");
  await ended;
  const release = await hold("shared");
  expect(release).toBeDefined();
  release?.();
});
