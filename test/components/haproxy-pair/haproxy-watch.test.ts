import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

// The real program, run by bash. HAProxy's health frontend is a server of the test's own; systemctl and socat write down
// how they were called, and what the track files said then.

const program = join(__dirname, "../../../components/haproxy-pair/haproxy-watch.sh");
const virtualIp = "192.168.2.14";
const holding = `Local:\n        |-- 192.168.2.140\n           /32 host LOCAL\n        |-- ${virtualIp}\n           /32 host LOCAL\n`;
const without = "Local:\n        |-- 192.168.2.140\n           /32 host LOCAL\n";
/** What HAProxy's master says of its processes after a reload, and after another. */
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
/** Looks so far, and who waits for one. */
let looks: number;
let waiting: { readonly look: number; readonly done: () => void }[];

const path = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(path(name), "utf8").trim();
const calls = () => read("calls").split("\n").filter(Boolean);
const ends = (name: string) => `end shutdown sessions server k8s-managers/${name}`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-watch-"));
  [looks, waiting, errors, watch] = [0, [], "", undefined];
  for (const [name, text] of Object.entries({ calls: "", "haproxy.down": "0\n", routes: without, processes })) {
    writeFileSync(path(name), text);
  }
  const note = (text: string) => `echo "${text}" >>'${folder}/calls'`;
  const tools = {
    systemctl: `${note(`$1 down=$(cat '${path("haproxy.down")}') blind=$(cat '${path("haproxy.blind")}')`)}
      [[ $1 != is-active || ! -e '${path("stopped")}' ]]`,
    socat: `case $* in
      '- UNIX-CONNECT:/run/haproxy.sock') ${note("end $(cat)")} ;;
      '- UNIX-CONNECT:/run/haproxy-master.sock')
        command=$(cat)
        if [[ $command == 'show proc' ]]; then cat '${path("processes")}'; else ${note("end $command")}; fi ;;
    esac`,
  };
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(path(name), `#!/bin/bash\n${body}\n`, { mode: 0o755 });
  }
});

afterEach(async () => {
  watch?.kill("SIGKILL");
  await end();
  rmSync(folder, { recursive: true });
  expect(errors).toBe("");
});

const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

/** The server goes: it takes no connection any more, then those that it has end. */
async function end(): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

const portOf = () => (server.address() as AddressInfo).port;

/** Each look gets its answer from `answers`, and the last of them for ever. */
async function start(answers: readonly Answer[], servers = ["m1", "m2"]): Promise<void> {
  server = createServer((request, response) => {
    // not a look: the connection that is waited on
    if (request.headers.host === "haproxy-watch") {
      response.end("1 1");
      return;
    }
    const answer = answers[Math.min(looks, answers.length - 1)] ?? silence;
    looks += 1;
    // the program looks again when it has done all that the look before gave cause for
    for (const { done } of waiting.filter(({ look }) => looks >= look)) done();
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

/** Comes when so many looks are over, with all that followed from them. */
async function after(count: number): Promise<void> {
  if (looks <= count) await new Promise<void>((done) => waiting.push({ look: count + 1, done }));
}

/** Comes when the program has blocked so many times: while nobody listens, nothing else of it shows. */
async function blocked(times: number): Promise<void> {
  const status = () => readFileSync(`/proc/${watch?.pid}/status`, "utf8");
  const count = () => Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status())?.[1]);
  const begin = count();
  while (count() < begin + times) await pause(5);
}

const times = (count: number, answer: Answer): Answer[] => Array<Answer>(count).fill(answer);

test("while all is well nothing is called", async () => {
  await start(["1 1"]);
  await after(8);
  expect(calls()).toEqual([]);
  expect([read("haproxy.down"), read("haproxy.blind")]).toEqual(["0", "0"]);
});

describe("a server that is down", () => {
  test("has its connections ended, and theirs alone, once", async () => {
    await start([...times(2, "1 1"), "1 0"]);
    await after(3);
    // connections under way find another server meanwhile
    expect(calls()).toEqual([]);
    await after(12);
    expect(calls()).toEqual([ends("m2")]);
    expect([read("haproxy.down"), read("haproxy.blind")]).toEqual(["0", "0"]);
  });

  test("for a look only keeps them", async () => {
    await start(["1 1", "1 0", "1 1", "0 1", "1 1"]);
    await after(10);
    expect(calls()).toEqual([]);
  });

  test("again has them ended again", async () => {
    await start(["1 1", ...times(4, "0 1"), "1 1", "0 1"]);
    await after(12);
    expect(calls()).toEqual([ends("m1"), ends("m1")]);
  });

  test("since before the program began has none that it knows of", async () => {
    await start(["0 1"]);
    await after(8);
    expect(calls()).toEqual([]);
  });

  test("does not keep the others from theirs", async () => {
    await start(["1 1 1", "1 0 0"], ["m1", "m2", "m3"]);
    await after(8);
    expect(calls()).toEqual([ends("m2"), ends("m3")]);
  });
});

describe("no API server in reach", () => {
  const despair = 10;

  test("hands the virtual IP on: less preferred first, then a moment without it", async () => {
    await start(["1 1", ...times(despair, "0 0"), "0 0"]);
    await after(despair);
    expect(read("haproxy.blind")).toBe("0");
    await after(despair + 12);
    expect(calls()).toEqual([ends("m1"), ends("m2"), "is-active down=1 blind=1"]);
    expect([read("haproxy.down"), read("haproxy.blind")]).toEqual(["0", "1"]);
  });

  test("does not call a HAProxy up that was stopped meanwhile", async () => {
    writeFileSync(path("stopped"), "");
    await start(["1 1", "0 0"]);
    await after(despair + 4);
    expect([read("haproxy.down"), read("haproxy.blind")]).toEqual(["1", "1"]);
  });

  test("ends with the first that is up again", async () => {
    await start(["1 1", ...times(despair + 3, "0 0"), "0 1"]);
    await after(despair + 2);
    expect(read("haproxy.blind")).toBe("1");
    await after(despair + 6);
    expect(read("haproxy.blind")).toBe("0");
  });

  test("for less than a second changes nothing", async () => {
    await start(["1 1", ...times(despair - 1, "0 0"), "1 1"]);
    await after(despair + 6);
    expect(calls()).toEqual([ends("m1"), ends("m2")]);
    expect([read("haproxy.down"), read("haproxy.blind")]).toEqual(["0", "0"]);
  });

  test("at the beginning makes others preferred, and takes nothing away", async () => {
    await start(["0 0"]);
    await after(despair + 6);
    expect(calls()).toEqual([]);
    expect([read("haproxy.down"), read("haproxy.blind")]).toEqual(["0", "1"]);
  });
});

describe("a HAProxy that ends", () => {
  /** Waits until the track file says so: on a busy machine, that takes its time. */
  const saysDown = async () => {
    for (let wait = 0; wait < 2000 && read("haproxy.down") !== "1"; wait++) await pause(5);
    return read("haproxy.down") === "1";
  };

  test("loses the virtual IP at once, and nothing is killed", async () => {
    await start(["1 1"]);
    await after(3);
    expect(read("haproxy.down")).toBe("0");
    await end();
    expect(await saysDown()).toBe(true);
    expect(calls()).toEqual([]);
  });

  test.each([0, 1, 2, 3])("in the middle of an answer is no end of the program (%d)", async (look) => {
    await start([...times(3 + look, "1 1"), silence]);
    // it waits for this one, and is told nothing but that the connection is gone
    await after(2 + look);
    while (looks < 4 + look) await pause(5);
    for (const socket of sockets) socket.resetAndDestroy();
    await end();
    expect(await saysDown()).toBe(true);
    expect(calls()).toEqual([]);
    expect(watch?.exitCode).toBeNull();
  });

  test("may have it again when it answers again", async () => {
    await start(["1 1"]);
    await after(3);
    const port = portOf();
    await end();
    expect(await saysDown()).toBe(true);
    await listen(port);
    await after(looks + 2);
    expect(read("haproxy.down")).toBe("0");
    // and its next end is seen as well
    await end();
    expect(await saysDown()).toBe(true);
  });

  test("keeps the virtual IP where it was reloaded: a new connection is taken", async () => {
    await start(["1 1"]);
    for (let reload = 0; reload < 3; reload++) {
      await after(looks + 2);
      server.closeIdleConnections();
    }
    await after(looks + 3);
    expect(read("haproxy.down")).toBe("0");
    expect(calls()).toEqual([]);
  });

  test("and was stopped in order, is no longer up for one look that it still answered", async () => {
    await start(["1 1"]);
    await after(3);
    // systemd's word, 0.3 s before it ends
    writeFileSync(path("haproxy.down"), "1\n");
    await after(looks + 2);
    expect(read("haproxy.down")).toBe("1");
    await end();
    // at least one look at nobody
    await blocked(5);
    expect(read("haproxy.down")).toBe("1");
  });
});

describe("a HAProxy that hangs", () => {
  test("loses the virtual IP, then it is killed", async () => {
    await start(["1 1", silence]);
    await after(3);
    expect(calls()).toEqual(["kill down=1 blind=0"]);
  });

  test("is killed again where it goes on to hang", async () => {
    await start(["1 1", silence]);
    await after(5);
    expect(calls()).toEqual(times(2, "kill down=1 blind=0"));
  });

  test("and comes to itself is one that serves again", async () => {
    await start(["1 1", silence, silence, "1 1"]);
    await after(6);
    expect(calls()).toEqual(["kill down=1 blind=0"]);
    expect(read("haproxy.down")).toBe("0");
  });

  test("for one look is let be", async () => {
    await start(["1 1", silence, "1 1", silence, "1 1"]);
    await after(8);
    expect(calls()).toEqual([]);
    expect(read("haproxy.down")).toBe("0");
  });

  test.each(["", "ok", "1 2", "1  1", "<html>1 1</html>"])(
    "an answer that is none, %j, is no answer",
    async (garbage) => {
      await start(["1 1", garbage, garbage, "1 1"]);
      await after(6);
      expect(calls()).toEqual(["kill down=1 blind=0"]);
    },
  );

  test("is another one than a HAProxy that does not run", async () => {
    await start(["1 1", silence, silence]);
    // after one look without an answer, there is nobody to look at
    await after(1);
    const port = portOf();
    await end();
    await blocked(20);
    expect(calls()).toEqual([]);
    await listen(port);
    // and the next look without an answer is the first again
    const next = looks;
    await after(next);
    expect(calls()).toEqual([]);
    await after(next + 1);
    expect(calls()).toEqual([]);
    await after(next + 2);
    expect(calls()).toEqual(["kill down=1 blind=0"]);
  });
});

describe("the virtual IP", () => {
  test("that has left takes all connections with it, once", async () => {
    writeFileSync(path("routes"), holding);
    await start(["1 1"]);
    await after(3);
    expect(calls()).toEqual([]);
    writeFileSync(path("routes"), without);
    await after(looks + 8);
    expect(calls()).toEqual([ends("m1"), ends("m2")]);
  });

  test("takes those with it too that HAProxy has kept through a reload", async () => {
    writeFileSync(path("routes"), holding);
    writeFileSync(path("processes"), reloaded);
    await start(["1 1"]);
    await after(3);
    writeFileSync(path("routes"), without);
    await after(looks + 6);
    const old = (name: string) => `end @!373 shutdown sessions server k8s-managers/${name}`;
    expect(calls()).toEqual([ends("m1"), ends("m2"), old("m1"), old("m2")]);
  });

  test("that comes and goes again takes them again", async () => {
    await start(["1 1"]);
    for (const table of [holding, without, holding, without]) {
      writeFileSync(path("routes"), table);
      await after(looks + 3);
    }
    expect(calls()).toEqual([ends("m1"), ends("m2"), ends("m1"), ends("m2")]);
  });

  test("that another host holds, whose address begins alike, is none of this one's", async () => {
    await start(["1 1"]);
    await after(6);
    expect(calls()).toEqual([]);
  });
});
