import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { plainProgress } from "../../base/progress";
import { tryLock, withLock } from "../../base/lock";

test("a lock has one holder; locks of other names are independent", async () => {
  const release = await tryLock("/a/lab");
  expect(release).toBeDefined();
  expect(await tryLock("/a/lab")).toBeUndefined();
  const other = await tryLock(`/another/${"x".repeat(300)}`);
  expect(other).toBeDefined();
  other?.();
  release?.();
  const again = await tryLock("/a/lab");
  expect(again).toBeDefined();
  again?.();
});

test("work waits until the holder of the lock has ended, and the wait is shown", async () => {
  const said: string[] = [];
  let shown!: () => void;
  const waitingIsShown = new Promise<void>((done) => (shown = done));
  const progress = plainProgress((line) => {
    said.push(line.slice(9).trim());
    shown();
  });
  const waiting = "Waiting for another lab";
  await expect(withLock("builds", progress, waiting, () => Promise.reject(new Error("no space left")))).rejects.toThrow(
    "no space left",
  );
  expect(said).toEqual([]);
  const work = new EventEmitter();
  const first = withLock("builds", progress, waiting, () => {
    work.emit("begun");
    return once(work, "end");
  });
  await once(work, "begun");
  const second = withLock("builds", progress, waiting, () => Promise.resolve("built"));
  await waitingIsShown;
  expect(said).toEqual([`${waiting} …`]);
  work.emit("end");
  await first;
  expect(await second).toBe("built");
});

test("another process's lock is taken, and free after that process is killed", async () => {
  const loader = `file://${join(__dirname, "../../../node_modules/tsx/dist/loader.mjs")}`;
  const text = `
    require(${JSON.stringify(join(__dirname, "../../base/lock"))}).tryLock("shared").then(() => console.log("held"));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--import", loader, "-e", text], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((done) => child.on("close", done));
  await new Promise((done) => child.stdout.once("data", done));
  expect(await tryLock("shared")).toBeUndefined();
  child.kill("SIGKILL");
  await ended;
  const release = await tryLock("shared");
  expect(release).toBeDefined();
  release?.();
});
