import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { watchUnit } from "../../../components/haproxy-pair/drop-ins";
import { type HaproxyServer, renderHaproxy } from "../../../components/haproxy-pair/haproxy";
import {
  duration,
  hostName,
  hosts,
  linesOf,
  masters,
  run,
  sectionNamed,
  sectionsOf,
  seed,
  withProgram,
} from "./configurations";

test("haproxy.cfg has the expected text for the committed stack", () => expect(renderHaproxy(seed)).toMatchSnapshot());

describe("haproxy.cfg", () => {
  test("lists every API server once for connections and once for checks, in the order given", () => {
    fc.assert(
      fc.property(hosts(1), fc.integer({ min: 1, max: 65535 }), (servers, port) => {
        const serversOf = (section: string) =>
          linesOf(sectionNamed(section, renderHaproxy({ ...seed, servers, port }))).filter((line) =>
            line.startsWith("server "),
          );
        const lines = servers.map((server) => `server ${server.name} ${server.address}:${port}`);
        expect(serversOf("backend k8s-managers-readyz")).toEqual(lines);
        expect(serversOf("listen k8s-managers")).toEqual(
          lines.map((line, index) => `${line} track k8s-managers-readyz/${servers[index]?.name}`),
        );
      }),
    );
  });

  test("refuses a connection if no server is up, and does not use nbsrv", () => {
    fc.assert(
      fc.property(hosts(1), (servers) => {
        const text = renderHaproxy({ ...seed, servers });
        expect(text).not.toMatch(/^[^#]*nbsrv/m);
        const lines = linesOf(sectionNamed("listen k8s-managers", text));
        // an acl of several lines is true if one of them is
        expect(lines.filter((line) => line.startsWith("acl "))).toEqual(
          servers.map(({ name }) => `acl any-up srv_is_up(k8s-managers-readyz/${name})`),
        );
        expect(lines).toContain("tcp-request connection reject unless any-up");
      }),
    );
  });

  test("logs the source port towards the API server only on request, after the fields of tcplog", () => {
    const changed = (logSourcePorts: boolean) => {
      const before = linesOf(renderHaproxy(seed));
      return linesOf(renderHaproxy({ ...seed, logSourcePorts })).filter((line) => !before.includes(line));
    };
    expect(changed(false)).toEqual([]);
    expect(changed(true)).toEqual([
      'log-format "%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq %bi:%bp"',
    ]);
  });

  test("limits concurrent connections to the given number, and to 30000 by default", () => {
    const most = (maxConnections?: number) =>
      linesOf(sectionNamed("listen k8s-managers", renderHaproxy({ ...seed, maxConnections }))).filter((line) =>
        line.startsWith("maxconn"),
      );
    expect(most(2000)).toEqual(["maxconn 2000"]);
    expect(most()).toEqual(["maxconn 30000"]);
  });

  test("marks a server as down after three failed checks, and a single server after ten", () => {
    const failures = (servers: HaproxyServer[]) => /\bfall (\d+)/.exec(renderHaproxy({ ...seed, servers }))?.[1];
    expect(failures(masters)).toBe("3");
    expect(failures(masters.slice(0, 2))).toBe("3");
    expect(failures(masters.slice(0, 1))).toBe("10");
  });

  test("has unique section names, which HAProxy 3.3 and newer require", () => {
    fc.assert(
      fc.property(hosts(1), (servers) => {
        const names = [...renderHaproxy({ ...seed, servers }).matchAll(/^(?:listen|frontend|backend) (.*)$/gm)].map(
          ([, name]) => name,
        );
        expect(names).toHaveLength(3);
        expect(new Set(names).size).toBe(3);
      }),
    );
  });

  test("sets each keyword of a section once, so that no value is overridden", () => {
    fc.assert(
      fc.property(hosts(1), duration, duration, (servers, clientTimeout, serverTimeout) => {
        for (const section of sectionsOf(renderHaproxy({ ...seed, servers, clientTimeout, serverTimeout }))) {
          const keywords = linesOf(section)
            .map(
              (line) => /^(timeout [a-z-]+|\w+tcpka\S*|option \S+|retries|mode|bind|balance|stats)\b/.exec(line)?.[1],
            )
            .filter((keyword) => keyword !== undefined);
          expect(new Set(keywords).size).toBe(keywords.length);
        }
      }),
    );
  });

  test("reports the servers in the order of haproxy-watch's unit, at the port that it polls", () => {
    fc.assert(
      fc.property(hosts(1), fc.integer({ min: 1, max: 65535 }), (servers, healthPort) => {
        const config = { ...seed, servers, healthPort, statsSocket: "/run/other.sock" };
        const health = sectionNamed(`frontend ${seed.name}-health`, renderHaproxy(config));
        expect(linesOf(health)).toContain(`bind 127.0.0.1:${healthPort}`);
        const told = [...health.matchAll(/%\[srv_is_up\(k8s-managers-readyz\/([^)]*)\)\]/g)].map(([, name]) => name);
        expect(told).toEqual(servers.map(({ name }) => name));
        expect(linesOf(watchUnit(config, "192.168.2.140"))).toContain(
          [
            "ExecStart=/usr/local/sbin/haproxy-watch",
            healthPort,
            "k8s-managers 192.168.2.140 /run/other.sock",
            ...told,
          ].join(" "),
        );
      }),
    );
  });

  test.each([
    ["24h", "24h", "24h"],
    ["90m", "1h", "90m"],
    ["5000", "4s", "5000"],
    ["1d", "25h", "25h"],
    ["59s", "1m", "1m"],
  ])("the longer one of the timeouts %s and %s is the tunnel timeout: %s", (clientTimeout, serverTimeout, tunnel) => {
    expect(linesOf(renderHaproxy({ ...seed, clientTimeout, serverTimeout }))).toContain(`timeout tunnel ${tunnel}`);
  });
});

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

withProgram("haproxy", (haproxy) => {
  // the package's user is missing if only the program is installed
  const here = (text: string) =>
    text.replace(/^( *)user haproxy$/m, `$1user ${userInfo().username}`).replace(/^ *group haproxy\n/m, "");
  // -dW makes a warning an error. -dD prints diagnostics, which do not change the exit code. Those that do not name a line of
  // the file are about this machine, and are left out.
  const check = (text: string) => {
    const { status, output } = run(haproxy, ["-c", "-dW", "-dD", "-V", "-f"], here(text));
    return { status, said: output.split("\n").filter((line) => line !== "" && !/^\[DIAG\] (?!.*config :)/.test(line)) };
  };
  const accepted = { status: 0, said: ["Configuration file is valid"] };

  test("accepts the rendered file without a warning", () => {
    expect(check(renderHaproxy(seed))).toEqual(accepted);
    const port = fc.integer({ min: 1, max: 65535 });
    const options = {
      ...{ name: hostName, port, healthPort: port, statsSocket: hostName.map((name) => `/run/${name}.sock`) },
      ...{ connectTimeout: duration, clientTimeout: duration, serverTimeout: duration, checkInterval: duration },
      ...{ logSourcePorts: fc.boolean() },
    };
    fc.assert(
      fc.property(hosts(1), fc.record(options), (servers: HaproxyServer[], set) => {
        expect(check(renderHaproxy({ ...set, servers }))).toEqual(accepted);
      }),
      { numRuns: 10 },
    );
  });

  test("starts, and reports each API server as up or down in the order of the list", async () => {
    const api = createServer((_, response) => response.end("ok"));
    const folder = mkdtempSync(join(tmpdir(), "kube-control-haproxy-"));
    const port = await listening(api);
    const others = [createServer(), createServer()];
    const [healthPort = 0, frontPort = 0] = await Promise.all(others.map(listening));
    for (const other of others) other.close();
    const servers = ["127.0.0.1", "127.0.0.2", "127.0.0.1"].map((address, index) => ({ name: `m${index}`, address }));
    const text = here(renderHaproxy({ ...seed, servers, port, healthPort, statsSocket: join(folder, "socket") }))
      .replace(`bind *:${port} transparent`, `bind 127.0.0.1:${frontPort}`)
      .replace("check-ssl verify none ", "")
      .replace(/^ *(chroot|log) .*\n/gm, "");
    writeFileSync(join(folder, "haproxy.cfg"), text);
    const running = spawn(haproxy, ["-db", "-f", join(folder, "haproxy.cfg")]);
    try {
      const told = async () => (await fetch(`http://127.0.0.1:${healthPort}/`).catch(() => undefined))?.text();
      // a server counts as up until its first check
      const since = Date.now();
      let last = await told();
      while (last !== "1 0 1" && Date.now() - since < 30_000) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        last = await told();
      }
      expect(last).toBe("1 0 1");
    } finally {
      running.kill("SIGKILL");
      api.close();
      rmSync(folder, { recursive: true });
    }
  });

  test("refuses an invalid file", () => {
    expect(check(renderHaproxy(seed).replace("balance", "balanced")).status).not.toBe(0);
  });
});
