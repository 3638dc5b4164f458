import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

// The real program, run by bash. The test's own server is HAProxy's health frontend. systemctl and socat are fakes that record
// their calls, and the content of the track files at that time.

const program = join(__dirname, "../../../components/haproxy-pair/haproxy-watch.sh");
const virtualIp = "192.168.2.14";
const holding = `Local:\n        |-- 192.168.2.140\n           /32 host LOCAL\n        |-- ${virtualIp}\n           /32 host LOCAL\n`;
const without = "Local:\n        |-- 192.168.2.140\n           /32 host LOCAL\n";
/** What HAProxy's master prints for `show proc`: without old workers, and with one after a reload. */
const processes = "#<PID> <type> <reloads>\n371 master 1\n# workers\n412 worker 0\n# programs\n";
const reloaded =
  "#<PID> <type> <reloads>\n371 master 1\n# workers\n412 worker 0\n# old workers\n373 worker 1\n# programs\n";
const silence = Symbol("no answer");
type Answer = string | typeof silence;

let folder: string;
let server: Server;
let sockets: Set<Socket>;
let watch: ChildProcess | undefined;
let errors: string;
/** The number of polls so far, and the promises that wait for one. */
let polls: number;
let waiting: { readonly poll: number; readonly done: () => void }[];

const path = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(path(name), "utf8").trim();
const calls = () => read("calls").split("\n").filter(Boolean);
const closed = (name: string) => `command: shutdown sessions server k8s-managers/${name}`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-watch-"));
  [polls, waiting, errors, watch] = [0, [], "", undefined];
  for (const [name, text] of Object.entries({ calls: "", "haproxy.down": "0\n", routes: without, processes })) {
    writeFileSync(path(name), text);
  }
  const note = (text: string) => `echo "${text}" >>'${folder}/calls'`;
  const tools = {
    systemctl: `${note(`$1 down=$(cat '${path("haproxy.down")}') no-servers=$(cat '${path("haproxy.no-servers")}')`)}
      [[ $1 != is-active || ! -e '${path("stopped")}' ]]`,
    socat: `case $* in
      '- UNIX-CONNECT:/run/haproxy.sock') ${note("command: $(cat)")} ;;
      '- UNIX-CONNECT:/run/haproxy-master.sock')
        command=$(cat)
        if [[ $command == 'show proc' ]]; then cat '${path("processes")}'; else ${note("command: $command")}; fi ;;
    esac`,
  };
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(path(name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  }
});

afterEach(async () => {
  watch?.kill("SIGKILL");
  await stop();
  rmSync(folder, { recursive: true });
  expect(errors).toBe("");
});

const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

/** Stops the server: it accepts no more connections, then its open ones are closed. */
async function stop(): Promise<void> {
  const stopped = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await stopped;
}

const portOf = () => (server.address() as AddressInfo).port;

/** Starts the program. Each poll gets the next of the answers, and the last one from then on. */
async function start(answers: readonly Answer[], servers = ["m1", "m2"]): Promise<void> {
  server = createServer((request, response) => {
    // the sentinel connection, not a poll
    if (request.headers.host === "haproxy-watch") {
      response.end("1 1");
      return;
    }
    const answer = answers[Math.min(polls, answers.length - 1)] ?? silence;
    polls += 1;
    // the program polls again only after it has handled the poll before
    for (const { done } of waiting.filter(({ poll }) => polls >= poll)) done();
    if (answer !== silence) response.end(answer);
  });
  server.keepAliveTimeout = 0;
  sockets = new Set();
  server.on("connection", (socket) => sockets.add(socket));
  await listen(0);
  watch = spawn("bash", [program, String(portOf()), "k8s-managers", virtualIp, "/run/haproxy.sock", ...servers], {
    env: {
      ...process.env,
      PATH: `${folder}:${process.env["PATH"]}`,
      KUBE_CONTROL_RUN: folder,
      KUBE_CONTROL_PERIOD: "0.02",
      KUBE_CONTROL_ROUTES: path("routes"),
    },
    stdio: ["ignore", "ignore", "pipe"],
  });
  watch.stderr?.on("data", (data) => (errors += data));
}

/** Resolves when that many polls have been handled. */
async function after(count: number): Promise<void> {
  if (polls <= count) await new Promise<void>((done) => waiting.push({ poll: count + 1, done }));
}

/** Resolves when the program has blocked that many times, which is the only sign of progress while nothing listens. */
async function blocked(times: number): Promise<void> {
  const status = () => readFileSync(`/proc/${watch?.pid}/status`, "utf8");
  const count = () => Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status())?.[1]);
  const begin = count();
  while (count() < begin + times) await pause(5);
}

const times = (count: number, answer: Answer): Answer[] => Array<Answer>(count).fill(answer);

test("in normal operation nothing is called", async () => {
  await start(["1 1"]);
  await after(8);
  expect(calls()).toEqual([]);
  expect([read("haproxy.down"), read("haproxy.no-servers")]).toEqual(["0", "0"]);
});

describe("a server that is down", () => {
  test("has its connections closed, and only its own, once", async () => {
    await start([...times(2, "1 1"), "1 0"]);
    await after(3);
    // new connections are redispatched meanwhile
    expect(calls()).toEqual([]);
    await after(12);
    expect(calls()).toEqual([closed("m2")]);
    expect([read("haproxy.down"), read("haproxy.no-servers")]).toEqual(["0", "0"]);
  });

  test("for less than five polls keeps its connections", async () => {
    await start(["1 1", ...times(4, "1 0"), "1 1", ...times(4, "0 1"), "1 1"]);
    await after(14);
    expect(calls()).toEqual([]);
  });

  test("twice has its connections closed twice", async () => {
    await start(["1 1", ...times(7, "0 1"), "1 1", "0 1"]);
    await after(18);
    expect(calls()).toEqual([closed("m1"), closed("m1")]);
  });

  test("since before the program started has no connections to close", async () => {
    await start(["0 1"]);
    await after(8);
    expect(calls()).toEqual([]);
  });

  test("at the same time as another has its connections closed together with those", async () => {
    await start(["1 1 1", "1 0 0"], ["m1", "m2", "m3"]);
    await after(8);
    expect(calls()).toEqual([closed("m2"), closed("m3")]);
  });
});

describe("no API server that is up", () => {
  const limit = 10;

  test("lowers the priority, then releases the virtual IP for a moment", async () => {
    await start(["1 1", ...times(limit, "0 0"), "0 0"]);
    await after(limit);
    expect(read("haproxy.no-servers")).toBe("0");
    await after(limit + 12);
    expect(calls()).toEqual([closed("m1"), closed("m2"), "is-active down=1 no-servers=1"]);
    expect([read("haproxy.down"), read("haproxy.no-servers")]).toEqual(["0", "1"]);
  });

  test("does not mark a HAProxy as up that was stopped meanwhile", async () => {
    writeFileSync(path("stopped"), "");
    await start(["1 1", "0 0"]);
    await after(limit + 4);
    expect([read("haproxy.down"), read("haproxy.no-servers")]).toEqual(["1", "1"]);
  });

  test("ends when one API server is up again", async () => {
    await start(["1 1", ...times(limit + 3, "0 0"), "0 1"]);
    await after(limit + 2);
    expect(read("haproxy.no-servers")).toBe("1");
    await after(limit + 6);
    expect(read("haproxy.no-servers")).toBe("0");
  });

  test("for less than a second changes nothing", async () => {
    await start(["1 1", ...times(limit - 1, "0 0"), "1 1"]);
    await after(limit + 6);
    expect(calls()).toEqual([closed("m1"), closed("m2")]);
    expect([read("haproxy.down"), read("haproxy.no-servers")]).toEqual(["0", "0"]);
  });

  test("at the start of the program lowers the priority and does not release the virtual IP", async () => {
    await start(["0 0"]);
    await after(limit + 6);
    expect(calls()).toEqual([]);
    expect([read("haproxy.down"), read("haproxy.no-servers")]).toEqual(["0", "1"]);
  });
});

describe("a HAProxy that exits", () => {
  /** Waits until the track file has the content, which takes longer on a busy machine. */
  const saysDown = async () => {
    for (let wait = 0; wait < 2000 && read("haproxy.down") !== "1"; wait++) await pause(5);
    return read("haproxy.down") === "1";
  };

  test("loses the virtual IP at once, and nothing is killed", async () => {
    await start(["1 1"]);
    await after(3);
    expect(read("haproxy.down")).toBe("0");
    await stop();
    expect(await saysDown()).toBe(true);
    expect(calls()).toEqual([]);
  });

  test.each([0, 1, 2, 3])("during an answer does not end the program (%d)", async (poll) => {
    await start([...times(3 + poll, "1 1"), silence]);
    // the program waits for this answer, and the connection is reset instead
    await after(2 + poll);
    while (polls < 4 + poll) await pause(5);
    for (const socket of sockets) socket.resetAndDestroy();
    await stop();
    expect(await saysDown()).toBe(true);
    expect(calls()).toEqual([]);
    expect(watch?.exitCode).toBeNull();
  });

  test("and answers again may hold the virtual IP again", async () => {
    await start(["1 1"]);
    await after(3);
    const port = portOf();
    await stop();
    expect(await saysDown()).toBe(true);
    await listen(port);
    await after(polls + 2);
    expect(read("haproxy.down")).toBe("0");
    // its next exit is noticed as well
    await stop();
    expect(await saysDown()).toBe(true);
  });

  test("only because of a reload keeps the virtual IP: it accepts a new connection", async () => {
    await start(["1 1"]);
    for (let reload = 0; reload < 3; reload++) {
      await after(polls + 2);
      server.closeIdleConnections();
    }
    await after(polls + 3);
    expect(read("haproxy.down")).toBe("0");
    expect(calls()).toEqual([]);
  });

  test("after an orderly stop is not marked as up by a poll that it still answers", async () => {
    await start(["1 1"]);
    await after(3);
    // written by systemd, 0.3 s before HAProxy exits
    writeFileSync(path("haproxy.down"), "1\n");
    await after(polls + 2);
    expect(read("haproxy.down")).toBe("1");
    await stop();
    // at least one poll while nothing listens
    await blocked(5);
    expect(read("haproxy.down")).toBe("1");
  });
});

describe("a HAProxy that hangs", () => {
  test("loses the virtual IP, then is killed", async () => {
    await start(["1 1", silence]);
    await after(3);
    expect(calls()).toEqual(["kill down=1 no-servers=0"]);
  });

  test("is killed again if it still hangs", async () => {
    await start(["1 1", silence]);
    await after(5);
    expect(calls()).toEqual(times(2, "kill down=1 no-servers=0"));
  });

  test("returns to service when it answers again", async () => {
    await start(["1 1", silence, silence, "1 1"]);
    await after(6);
    expect(calls()).toEqual(["kill down=1 no-servers=0"]);
    expect(read("haproxy.down")).toBe("0");
  });

  test("is not killed after a single missed answer", async () => {
    await start(["1 1", silence, "1 1", silence, "1 1"]);
    await after(8);
    expect(calls()).toEqual([]);
    expect(read("haproxy.down")).toBe("0");
  });

  test.each(["", "ok", "1 2", "1  1", "<html>1 1</html>"])(
    "is killed if its answers are invalid: %j",
    async (garbage) => {
      await start(["1 1", garbage, garbage, "1 1"]);
      await after(6);
      expect(calls()).toEqual(["kill down=1 no-servers=0"]);
    },
  );

  test("differs from one that does not run, which is not killed", async () => {
    await start(["1 1", silence, silence]);
    // after one poll without an answer, nothing listens
    await after(1);
    const port = portOf();
    await stop();
    await blocked(20);
    expect(calls()).toEqual([]);
    await listen(port);
    // the next poll without an answer counts as the first one
    const next = polls;
    await after(next);
    expect(calls()).toEqual([]);
    await after(next + 1);
    expect(calls()).toEqual([]);
    await after(next + 2);
    expect(calls()).toEqual(["kill down=1 no-servers=0"]);
  });
});

describe("the virtual IP", () => {
  test("that has moved away has all connections closed, once", async () => {
    writeFileSync(path("routes"), holding);
    await start(["1 1"]);
    await after(3);
    expect(calls()).toEqual([]);
    writeFileSync(path("routes"), without);
    await after(polls + 8);
    expect(calls()).toEqual([closed("m1"), closed("m2")]);
  });

  test("that has moved away has the connections of old workers closed too", async () => {
    writeFileSync(path("routes"), holding);
    writeFileSync(path("processes"), reloaded);
    await start(["1 1"]);
    await after(3);
    writeFileSync(path("routes"), without);
    await after(polls + 6);
    const old = (name: string) => `command: @!373 shutdown sessions server k8s-managers/${name}`;
    expect(calls()).toEqual([closed("m1"), closed("m2"), old("m1"), old("m2")]);
  });

  test("that moves away twice has all connections closed twice", async () => {
    await start(["1 1"]);
    for (const table of [holding, without, holding, without]) {
      writeFileSync(path("routes"), table);
      await after(polls + 3);
    }
    expect(calls()).toEqual([closed("m1"), closed("m2"), closed("m1"), closed("m2")]);
  });

  test("differs from an address that has it as a prefix", async () => {
    await start(["1 1"]);
    await after(6);
    expect(calls()).toEqual([]);
  });
});
