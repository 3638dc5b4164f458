import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LabError } from "../../base/error";
import { endChildren, inTerminal, interrupted, isEnding, pause, run, tryRun, undo, until } from "../../base/process";
import { scratchFolder } from "../scratch";

/** A gate at which a shell waits with `read _ < "$GATE"`, until it is opened. */
function closedGate() {
  const path = join(scratchFolder(), "gate");
  execFileSync("mkfifo", [path]);
  return { env: { GATE: path }, open: () => writeFile(path, "\n") };
}

test("what was printed, apart from what was complained, and the code", async () => {
  expect(await tryRun("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({
    code: 3,
    stdout: "out\n",
    stderr: "err\n",
  });
  expect(await run("printf", ["%s|", "a b", "$HOME", "*"])).toBe("a b|$HOME|*|");
});

test("input goes to standard input, whole, in bytes or as a text; without it there is none", async () => {
  const text = "täglich\n".repeat(50_000);
  expect(await run("cat", [], { input: text })).toBe(text);
  expect(await run("wc", ["-c"], { input: Buffer.alloc(300_000) })).toMatch(/^\s*300000\s*$/);
  expect(await run("cat", [])).toBe("");
});

test("a program that does not read its input is no error", async () => {
  expect(await run("true", [], { input: "x".repeat(500_000) })).toBe("");
});

test("the environment is this process's with what is added, the folder the given one", async () => {
  const cwd = realpathSync(scratchFolder());
  const out = await run("sh", ["-c", 'echo "$ADDED ${PATH:+path}"; pwd -P'], { cwd, env: { ADDED: "added" } });
  expect(out).toBe(`added path\n${cwd}\n`);
});

test("lines are told as they come, those of both streams, none in pieces", async () => {
  const lines: string[] = [];
  const gate = closedGate();
  await run("sh", ["-c", `printf 'one\\ntw'; echo complaint >&2; read _ < "$GATE"; printf 'o\\nthree\\n'`], {
    env: gate.env,
    onLine: (line) => {
      lines.push(line);
      if (line === "one") void gate.open();
    },
  });
  expect(lines.filter((line) => line !== "complaint")).toEqual(["one", "two", "three"]);
  expect(lines).toContain("complaint");
});

test("a last line without an end is a line", async () => {
  const lines: string[] = [];
  await run("printf", ["one\\ntwo"], { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(["one", "two"]);
});

test("a character that comes in two pieces is one", async () => {
  const gate = closedGate();
  // the bytes of é
  const out = await run("sh", ["-c", `printf 'one\\n\\303'; read _ < "$GATE"; printf '\\251'`], {
    env: gate.env,
    onLine: (line) => void (line === "one" && gate.open()),
  });
  expect(out).toBe("one\né");
});

test("what takes too long is ended, and says so", async () => {
  const begin = Date.now();
  expect(await tryRun("sleep", ["60"], { seconds: 0.3 })).toEqual({
    code: 1,
    stdout: "",
    stderr: "ended after 0.3 s\n",
  });
  expect(Date.now() - begin).toBeLessThan(20_000);
  await expect(run("sleep", ["60"], { seconds: 0.3, remedy: "Is it there?" })).rejects.toMatchObject({
    message: "sleep 60 ended with 1",
    remedy: "Is it there?",
    details: "ended after 0.3 s",
  });
});

test("what takes too long is not waited for because of what it has started itself", async () => {
  const begin = Date.now();
  const { code, stdout } = await tryRun("sh", ["-c", "echo begun; sleep 30; true"], { seconds: 0.5 });
  expect([code, stdout]).toEqual([1, "begun\n"]);
  expect(Date.now() - begin).toBeLessThan(15_000);
});

test("a bound that is not reached changes nothing", async () => {
  expect(await tryRun("echo", ["quick"], { seconds: 60 })).toEqual({ code: 0, stdout: "quick\n", stderr: "" });
});

test("a program that is not there is named, with what to do", async () => {
  await expect(tryRun("no-such-program-of-the-lab", [])).rejects.toMatchObject({
    name: "LabError",
    message: "no-such-program-of-the-lab is not installed",
    remedy: "Install no-such-program-of-the-lab, or put it on PATH.",
  });
  await expect(tryRun("no-such-program-of-the-lab", [], { remedy: "Get it." })).rejects.toMatchObject({
    remedy: "Get it.",
  });
});

test("a failure shows the command on one line and the last lines of what it said", async () => {
  const many = 'for i in $(seq 60); do echo "line $i"; done\n  echo last words >&2\n  exit 7';
  const failure = run("sh", ["-c", many], { remedy: "Look." });
  await expect(failure).rejects.toMatchObject({
    name: "LabError",
    message: 'sh -c for i in $(seq 60); do echo "line $i"; done echo last words >&2 exit 7 ended with 7',
    remedy: "Look.",
  });
  const { details } = (await failure.catch((error: unknown) => error)) as { details: string };
  const lines = details.split("\n");
  expect(lines).toHaveLength(40);
  expect(lines.slice(-2)).toEqual(expect.arrayContaining(["last words"]));
  expect(details).toContain("line 60");
  expect(details).not.toContain("line 10\n");
});

test("a long command is cut in the message; its input is never in it", async () => {
  const failure = run("false", ["x".repeat(1000)], { input: "CANARY" });
  const { message, details, remedy } = (await failure.catch((error: unknown) => error)) as LabError;
  expect(message.length).toBeLessThan(230);
  expect([message, details, remedy].join(" ")).not.toContain("CANARY");
});

test("a command at the terminal gives its exit code, or that of the signal that has ended it", async () => {
  expect(await inTerminal("sh", ["-c", 'exit "$CODE"'], { env: { CODE: "3" } })).toBe(3);
  expect(await inTerminal("sh", ["-c", "kill -INT $$"])).toBe(130);
  await expect(inTerminal("no-such-program-of-the-lab", [])).rejects.toThrow("is not installed");
});

test("looks again until it is good, or the time is over: what was seen last", async () => {
  let looks = 0;
  const look = () => Promise.resolve(++looks);
  expect(await until(look, (seen) => seen === 3, { seconds: 60, every: 0.01 })).toBe(3);
  expect(await until(look, () => false, { seconds: 0 })).toBe(4);
});

// the last one: it is for good
test("endChildren ends commands and pauses; after it only `undo` starts a command", async () => {
  const said = new EventEmitter();
  const running = tryRun("sh", ["-c", "echo begun; exec sleep 60"], { onLine: (line) => said.emit(line) });
  await once(said, "begun");
  const waiting = pause(60);
  expect([interrupted.aborted, isEnding()]).toEqual([false, false]);
  endChildren();
  expect([interrupted.aborted, isEnding()]).toEqual([true, true]);
  expect((await running).code).toBe(1);
  await expect(waiting).rejects.toThrow("interrupted");
  await expect(pause(0)).rejects.toThrow("interrupted");
  await expect(tryRun("true", [])).rejects.toThrow("interrupted");
  const failing = undo(async () => {
    expect(await run("echo", ["mended"])).toBe("mended\n");
    await run("false", []);
  });
  await expect(failing).rejects.toThrow("false ended with 1");
  await expect(tryRun("true", [])).rejects.toThrow("interrupted");
});

describe("a command of the lab's", () => {
  const module = join(__dirname, "../../base/process");
  const loader = `file://${join(__dirname, "../../../node_modules/tsx/dist/loader.mjs")}`;

  /** One that mends something until its input ends, and says each signal that it has got; `send` gets it once it waits. */
  async function interruptedCommand(
    echo: number,
    send: (command: { signal: (signal: NodeJS.Signals) => Promise<void>; mend: () => void }) => Promise<void>,
  ) {
    const text = `
      const { endOnSignals, pause, undo } = require(${JSON.stringify(module)});
      endOnSignals(() => console.log("told"), ${echo});
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => console.log("signal"));
      const mend = () => new Promise((done) => process.stdin.on("end", done).resume());
      const work = async () => {
        try { console.log("waits"); await pause(30); }
        finally { await undo(mend); console.log("mended"); }
      };
      work().catch(() => undefined);`;
    const child = spawn(process.execPath, ["--import", loader, "-e", text], { stdio: ["pipe", "pipe", "inherit"] });
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout }).on("line", (line) => said.push(line));
    const heard = () => said.filter((line) => line === "signal").length;
    const ended = once(child, "close");
    await once(lines, "line");
    await send({
      async signal(signal) {
        const before = heard();
        child.kill(signal);
        while (heard() === before) await once(lines, "line");
      },
      mend: () => child.stdin.end(),
    });
    const [code] = (await ended) as [number | null];
    return { code, said: said.filter((line) => line !== "signal") };
  }

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("mends after %s, though the group and the parent send it more than once", async (name, code) => {
    const result = await interruptedCommand(600_000, async ({ signal, mend }) => {
      for (let times = 0; times < 5; times++) await signal(name);
      mend();
    });
    expect(result).toEqual({ code, said: ["waits", "told", "mended"] });
  });

  test("ends at once after a later signal", async () => {
    const result = await interruptedCommand(0, async ({ signal }) => {
      await signal("SIGTERM");
      void signal("SIGTERM");
    });
    expect(result).toEqual({ code: 143, said: ["waits", "told"] });
  });
});
