import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { plainProgress } from "../../base/progress";
import { hold, inTurn } from "../../base/turn";

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

test("work in turn waits until the one before has ended, and is shown waiting", async () => {
  const said: string[] = [];
  const progress = plainProgress((line) => said.push(line.slice(9).trim()));
  const waiting = "Waiting for another lab";
  await expect(inTurn("builds", progress, waiting, () => Promise.reject(new Error("no space left")))).rejects.toThrow(
    "no space left",
  );
  expect(said).toEqual([]);
  let finish!: () => void;
  const first = inTurn("builds", progress, waiting, () => new Promise<void>((done) => (finish = done)));
  await sleep(50);
  const second = inTurn("builds", progress, waiting, () => Promise.resolve("built"));
  await sleep(100);
  expect(said).toEqual([`${waiting} …`]);
  finish();
  await first;
  expect(await second).toBe("built");
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
