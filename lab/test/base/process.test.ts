import { execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { realpathSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { LabError } from "../../base/error";
import {
  stopChildren,
  inTerminal,
  interrupted,
  isStopping,
  pause,
  run,
  tryRun,
  cleanUp,
  until,
} from "../../base/process";
import { scratchFolder } from "../scratch";

/** A named pipe: a shell waits with `read _ < "$GATE"` until the test opens it. */
function closedGate() {
  const path = join(scratchFolder(), "gate");
  execFileSync("mkfifo", [path]);
  return { env: { GATE: path }, open: () => writeFile(path, "\n") };
}

test("a command gives its exit code, standard output and standard error", async () => {
  expect(await tryRun("sh", ["-c", "echo out; echo err >&2; exit 3"])).toEqual({
    code: 3,
    stdout: "out\n",
    stderr: "err\n",
  });
  expect(await run("printf", ["%s|", "a b", "$HOME", "*"])).toBe("a b|$HOME|*|");
});

test("input of bytes or text goes to standard input completely; without input it is empty", async () => {
  const text = "täglich\n".repeat(50_000);
  expect(await run("cat", [], { input: text })).toBe(text);
  expect(await run("wc", ["-c"], { input: Buffer.alloc(300_000) })).toMatch(/^\s*300000\s*$/);
  expect(await run("cat", [])).toBe("");
});

test("a program that does not read its input is not an error", async () => {
  expect(await run("true", [], { input: "x".repeat(500_000) })).toBe("");
});

test("variables are added to this process's environment, and the command runs in the folder", async () => {
  const cwd = realpathSync(scratchFolder());
  const out = await run("sh", ["-c", 'echo "$ADDED ${PATH:+path}"; pwd -P'], { cwd, env: { ADDED: "added" } });
  expect(out).toBe(`added path\n${cwd}\n`);
});

test("complete lines of both streams are reported as they arrive", async () => {
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

test("a last line without a newline is reported", async () => {
  const lines: string[] = [];
  await run("printf", ["one\\ntwo"], { onLine: (line) => lines.push(line) });
  expect(lines).toEqual(["one", "two"]);
});

test("a character that arrives in two pieces is decoded as one", async () => {
  const gate = closedGate();
  // the bytes of é
  const out = await run("sh", ["-c", `printf 'one\\n\\303'; read _ < "$GATE"; printf '\\251'`], {
    env: gate.env,
    onLine: (line) => void (line === "one" && gate.open()),
  });
  expect(out).toBe("one\né");
});

test("a command that exceeds its time is killed, and its output says so", async () => {
  const begin = Date.now();
  expect(await tryRun("sleep", ["60"], { seconds: 0.3 })).toEqual({
    code: 1,
    stdout: "",
    stderr: "killed after 0.3 s\n",
  });
  expect(Date.now() - begin).toBeLessThan(20_000);
  await expect(run("sleep", ["60"], { seconds: 0.3, remedy: "Is it there?" })).rejects.toMatchObject({
    message: "sleep 60 failed with exit code 1",
    remedy: "Is it there?",
    details: "killed after 0.3 s",
  });
});

test("a command that exceeds its time ends at once, even if its own child still runs", async () => {
  const begin = Date.now();
  const { code, stdout } = await tryRun("sh", ["-c", "echo begun; sleep 30; true"], { seconds: 0.5 });
  expect([code, stdout]).toEqual([1, "begun\n"]);
  expect(Date.now() - begin).toBeLessThan(15_000);
});

test("a time limit that is not reached changes nothing", async () => {
  expect(await tryRun("echo", ["quick"], { seconds: 60 })).toEqual({ code: 0, stdout: "quick\n", stderr: "" });
});

test("a missing program is an error that names it and says what to do", async () => {
  await expect(tryRun("no-such-program-of-the-lab", [])).rejects.toMatchObject({
    name: "LabError",
    message: "no-such-program-of-the-lab is not installed",
    remedy: "Install no-such-program-of-the-lab, or put it on PATH.",
  });
  await expect(tryRun("no-such-program-of-the-lab", [], { remedy: "Get it." })).rejects.toMatchObject({
    remedy: "Get it.",
  });
});

test("a failure shows the command on one line and the last lines of its output", async () => {
  const many = 'for i in $(seq 60); do echo "line $i"; done\n  echo last words >&2\n  exit 7';
  const failure = run("sh", ["-c", many], { remedy: "Look." });
  await expect(failure).rejects.toMatchObject({
    name: "LabError",
    message: 'sh -c for i in $(seq 60); do echo "line $i"; done echo last words >&2 exit 7 failed with exit code 7',
    remedy: "Look.",
  });
  const { details } = (await failure.catch((error: unknown) => error)) as { details: string };
  const lines = details.split("\n");
  expect(lines).toHaveLength(40);
  expect(lines.slice(-2)).toEqual(expect.arrayContaining(["last words"]));
  expect(details).toContain("line 60");
  expect(details).not.toContain("line 10\n");
});

test("a long command is cut in the message, and its input is never in the error", async () => {
  const failure = run("false", ["x".repeat(1000)], { input: "CANARY" });
  const { message, details, remedy } = (await failure.catch((error: unknown) => error)) as LabError;
  expect(message.length).toBeLessThan(230);
  expect([message, details, remedy].join(" ")).not.toContain("CANARY");
});

test("a command at the terminal gives its exit code, or the code of the signal that ended it", async () => {
  expect(await inTerminal("sh", ["-c", 'exit "$CODE"'], { env: { CODE: "3" } })).toBe(3);
  expect(await inTerminal("sh", ["-c", "kill -INT $$"])).toBe(130);
  await expect(inTerminal("no-such-program-of-the-lab", [])).rejects.toThrow("is not installed");
});

test("polling ends when the result is good or the time is over, and gives the last result", async () => {
  let polls = 0;
  const poll = () => Promise.resolve(++polls);
  expect(await until(poll, (result) => result === 3, { seconds: 60, every: 0.01 })).toBe(3);
  expect(await until(poll, () => false, { seconds: 0 })).toBe(4);
});

test("a command that runs elsewhere has the lowest priority, in a session of its own", async () => {
  const text = "nice; test $(ps -o sid= -p $$) = $$ && echo own; cat /proc/self/autogroup 2>/dev/null || echo nice 19";
  const { code, stdout } = await tryRun("sh", ["-c", text], { isElsewhere: true });
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^19\nown\n.*nice 19\n$/)]);
});

// the last test of this process: stopChildren cannot be undone
test("stopChildren ends commands and pauses; after it only cleanUp starts a command", async () => {
  const said = new EventEmitter();
  const onLine = (line: string) => said.emit(line);
  const running = tryRun("sh", ["-c", "echo near; exec sleep 60"], { onLine });
  const elsewhere = tryRun("sh", ["-c", "echo far; exec sleep 60"], { onLine, isElsewhere: true });
  await Promise.all([once(said, "near"), once(said, "far")]);
  const waiting = pause(60);
  expect([interrupted.aborted, isStopping()]).toEqual([false, false]);
  // Ctrl-C in a terminal reaches all commands but those with a session of their own
  stopChildren({ byTerminal: true });
  expect((await Promise.race([elsewhere, running.then(() => undefined)]))?.code).toBe(1);
  expect([interrupted.aborted, isStopping()]).toEqual([false, true]);
  stopChildren();
  expect([interrupted.aborted, isStopping()]).toEqual([true, true]);
  expect((await running).code).toBe(1);
  await expect(waiting).rejects.toThrow("interrupted");
  await expect(pause(0)).rejects.toThrow("interrupted");
  await expect(tryRun("true", [])).rejects.toThrow("interrupted");
  const failing = cleanUp(async () => {
    expect(await run("echo", ["restored"])).toBe("restored\n");
    await run("false", []);
  });
  await expect(failing).rejects.toThrow("false failed with exit code 1");
  await expect(tryRun("true", [])).rejects.toThrow("interrupted");
});

describe("a command of the lab", () => {
  const module = join(__dirname, "../../base/process");
  const loader = `file://${join(__dirname, "../../../node_modules/tsx/dist/loader.mjs")}`;

  /** Runs a command that cleans up until its input ends and prints each signal; `send` is called once the command waits. */
  async function interruptedCommand(
    repeat: number,
    send: (command: { signal: (signal: NodeJS.Signals) => Promise<void>; finish: () => void }) => Promise<void>,
  ) {
    const text = `
      const { stopOnSignals, pause, cleanUp } = require(${JSON.stringify(module)});
      stopOnSignals(() => console.log("told"), ${repeat});
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => console.log("signal"));
      const restore = () => new Promise((done) => process.stdin.on("end", done).resume());
      const work = async () => {
        try { console.log("waits"); await pause(30); }
        finally { await cleanUp(restore); console.log("restored"); }
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
      finish: () => child.stdin.end(),
    });
    const [code] = (await ended) as [number | null];
    return { code, said: said.filter((line) => line !== "signal") };
  }

  test.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("cleans up after %s, even if the process group and the parent both send it", async (name, code) => {
    const result = await interruptedCommand(600_000, async ({ signal, finish }) => {
      for (let times = 0; times < 5; times++) await signal(name);
      finish();
    });
    expect(result).toEqual({ code, said: ["waits", "told", "restored"] });
  });

  test("exits at once after a second signal", async () => {
    const result = await interruptedCommand(0, async ({ signal }) => {
      await signal("SIGTERM");
      void signal("SIGTERM");
    });
    expect(result).toEqual({ code: 143, said: ["waits", "told"] });
  });
});
