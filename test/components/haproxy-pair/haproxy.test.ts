import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { haproxyDropIn, keepalivedDropIn, watchUnit } from "../../../components/haproxy-pair/drop-ins";
import { type Backend, renderHaproxy } from "../../../components/haproxy-pair/haproxy";
import {
  haproxyBlindFile,
  haproxyDownFile,
  placeholders,
  renderKeepalived,
  type Router,
  type VirtualIp,
  whyUnfitPassword,
} from "../../../components/haproxy-pair/keepalived";

const masters = [151, 152, 153].map((last, index) => ({
  name: `k8s-master${index + 1}`,
  address: `192.168.2.${last}`,
}));
const lb1: Router = { name: "haproxy-lb1", address: "192.168.2.141", priority: 250 };
const lb2: Router = { name: "haproxy-lb2", address: "192.168.2.142", priority: 240 };
const virtualIp: VirtualIp = { address: "192.168.2.140" };
const seed = { name: "k8s-managers", port: 6443, backends: masters };

describe("snapshots", () => {
  test("the seed's haproxy.cfg, mended", () => expect(renderHaproxy(seed)).toMatchSnapshot());
  test("the seed's keepalived.conf of haproxy-lb1, mended", () =>
    expect(renderKeepalived(virtualIp, lb1, [lb2])).toMatchSnapshot());
  test("VRRP version 2, another router id and network", () =>
    expect(
      renderKeepalived({ address: "10.0.4.9", prefixLength: 22, routerId: 7, vrrpVersion: 2 }, lb2, [lb1]),
    ).toMatchSnapshot());
  test("an address that goes back to the preferred load balancer", () =>
    expect(renderKeepalived({ ...virtualIp, preempt: true }, lb1, [lb2])).toMatchSnapshot());
  test("the watch's unit", () => expect(watchUnit(seed, virtualIp.address)).toMatchSnapshot());
  test("the units' drop-ins", () => expect([haproxyDropIn, keepalivedDropIn("192.168.2.140")]).toMatchSnapshot());
});

const octet = fc.integer({ min: 1, max: 254 });
const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join("."));
const hostName = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/);
const hosts = (minLength: number) =>
  fc
    .uniqueArray(fc.record({ name: hostName, address }), { minLength, maxLength: 7, selector: (host) => host.name })
    .filter((list) => new Set(list.map((host) => host.address)).size === list.length);
const duration = fc
  // HAProxy counts to 2^31 ms, some 596 hours
  .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom("ms", "s", "m", "h"))
  .map(([count, unit]) => `${count}${unit}`);
const routers = hosts(2).chain((list) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 254 }), { minLength: list.length, maxLength: list.length })
    .map((priorities) => list.map((host, index): Router => ({ ...host, priority: priorities[index] ?? 1 }))),
);
const anyVirtualIp = fc.record({
  address,
  prefixLength: fc.integer({ min: 8, max: 30 }),
  routerId: fc.integer({ min: 1, max: 255 }),
  vrrpVersion: fc.constantFrom(2 as const, 3 as const),
  preempt: fc.option(fc.boolean(), { nil: undefined }),
});

const linesOf = (text: string) => text.split("\n").map((line) => line.trim());
/** What begins at the left margin: `global`, `defaults`, each frontend and backend. */
const sectionsOf = (text: string) => text.split(/^(?=[a-z])/m);
const sectionNamed = (name: string, text: string) =>
  sectionsOf(text).find((section) => section.startsWith(`${name}\n`)) ?? "";

describe("haproxy.cfg", () => {
  test("lists every API server once for connections and once for checks, in the order given", () => {
    fc.assert(
      fc.property(hosts(1), fc.integer({ min: 1, max: 65535 }), (backends, port) => {
        const serversOf = (section: string) =>
          linesOf(sectionNamed(section, renderHaproxy({ ...seed, backends, port }))).filter((line) =>
            line.startsWith("server "),
          );
        const lines = backends.map((backend) => `server ${backend.name} ${backend.address}:${port}`);
        expect(serversOf("backend k8s-managers-readyz")).toEqual(lines);
        expect(serversOf("backend k8s-managers")).toEqual(
          lines.map((line, index) => `${line} track k8s-managers-readyz/${backends[index]?.name}`),
        );
      }),
    );
  });

  test("refuses a connection where no server is up, and never by nbsrv, which is 0 in a process that a reload ends", () => {
    fc.assert(
      fc.property(hosts(1), (backends) => {
        const text = renderHaproxy({ ...seed, backends });
        expect(text).not.toMatch(/^[^#]*nbsrv/m);
        const lines = linesOf(sectionNamed("frontend k8s-managers", text));
        // an acl of several lines holds where one of them does
        expect(lines.filter((line) => line.startsWith("acl "))).toEqual(
          backends.map(({ name }) => `acl any-up srv_is_up(k8s-managers-readyz/${name})`),
        );
        expect(lines).toContain("tcp-request connection reject unless any-up");
      }),
    );
  });

  test("takes a server out after two failed checks, and an only one after ten", () => {
    const failures = (backends: Backend[]) => /\bfall (\d+)/.exec(renderHaproxy({ ...seed, backends }))?.[1];
    expect(failures(masters)).toBe("2");
    expect(failures(masters.slice(0, 2))).toBe("2");
    expect(failures(masters.slice(0, 1))).toBe("10");
  });

  test("sets each keyword of a section once, so that no value is overridden further down", () => {
    fc.assert(
      fc.property(hosts(1), duration, duration, (backends, clientTimeout, serverTimeout) => {
        for (const section of sectionsOf(renderHaproxy({ ...seed, backends, clientTimeout, serverTimeout }))) {
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

  test("reports the servers in the order of haproxy-watch's unit, at the port that it asks", () => {
    fc.assert(
      fc.property(hosts(1), fc.integer({ min: 1, max: 65535 }), (backends, healthPort) => {
        const config = { ...seed, backends, healthPort, statsSocket: "/run/other.sock" };
        const health = sectionNamed(`frontend ${seed.name}-health`, renderHaproxy(config));
        expect(linesOf(health)).toContain(`bind 127.0.0.1:${healthPort}`);
        const told = [...health.matchAll(/%\[srv_is_up\(k8s-managers-readyz\/([^)]*)\)\]/g)].map(([, name]) => name);
        expect(told).toEqual(backends.map(({ name }) => name));
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
  ])("a tunnel lives as long as the longer of the timeouts %s and %s", (clientTimeout, serverTimeout, tunnel) => {
    expect(linesOf(renderHaproxy({ ...seed, clientTimeout, serverTimeout }))).toContain(`timeout tunnel ${tunnel}`);
  });
});

describe("keepalived.conf", () => {
  test("names as peers all the others and never itself, and each its own priority", () => {
    fc.assert(
      fc.property(anyVirtualIp, routers, (vip, all) => {
        const priorities = all.map((router) => {
          const lines = linesOf(
            renderKeepalived(
              vip,
              router,
              all.filter((other) => other !== router),
            ),
          );
          const begin = lines.indexOf("unicast_peer {");
          const peers = lines.slice(begin + 1, lines.indexOf("}", begin));
          expect(peers).toEqual(all.filter((other) => other !== router).map((other) => other.address));
          expect(lines).toContain(`unicast_src_ip ${router.address}`);
          expect(lines).toContain(`vrrp_instance vrrp${vip.routerId} {`);
          return lines.find((line) => line.startsWith("priority "));
        });
        expect(new Set(priorities).size).toBe(all.length);
      }),
    );
  });

  test("has a placeholder for the password with version 2, and none with version 3", () => {
    fc.assert(
      fc.property(anyVirtualIp, (vip) => {
        const text = renderKeepalived(vip, lb1, [lb2]);
        expect(text.includes("auth_pass")).toBe(vip.vrrpVersion === 2);
        expect(text.split(placeholders.password)).toHaveLength(vip.vrrpVersion === 2 ? 2 : 1);
        expect(text).toContain(`vrrp_version ${vip.vrrpVersion}\n`);
        // version 2 takes whole seconds only
        expect(text).toMatch(vip.vrrpVersion === 2 ? /advert_int 1\n/ : /advert_int 0\.04\n/);
      }),
    );
  });

  test("does not give the address back, or with preempt only after a delay", () => {
    fc.assert(
      fc.property(anyVirtualIp, (vip) => {
        const said = linesOf(renderKeepalived(vip, lb1, [lb2])).filter((line) => line.includes("preempt"));
        expect(said).toEqual([vip.preempt === true ? "preempt_delay 5" : "nopreempt"]);
      }),
    );
  });

  test("is told by the files that HAProxy's unit and its watch write", () => {
    const text = renderKeepalived(virtualIp, lb1, [lb2]);
    expect(text).toContain(`file "${haproxyDownFile}"\n    weight 0\n`);
    expect(text).toContain(`file "${haproxyBlindFile}"\n    weight -100\n`);
    for (const moment of ["ExecStartPre", "ExecStop", "ExecStopPost"]) {
      expect(haproxyDropIn).toMatch(new RegExp(`^${moment}=/bin/sh -c 'echo 1 >${haproxyDownFile}`, "m"));
    }
    expect(haproxyDropIn).toMatch(new RegExp(`^ExecStartPost=/bin/sh -c 'echo 0 >${haproxyDownFile}'$`, "m"));
  });

  test.each([
    ["labvip", undefined],
    ["a#!$b{'", undefined],
    ["12345678", undefined],
    ["123456789", "has 9 characters"],
    ["", "has 0 characters"],
    ["a b", "holds a space"],
    ['a"b', "holds a space"],
    ["a\\b", "holds a space"],
    ["pässe", "outside ASCII"],
  ])("the password %j", (password, why) => {
    const found = whyUnfitPassword(password);
    if (why === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(why);
  });
});

/** Debian keeps them in /usr/sbin, which an ordinary user's PATH may lack. */
function found(program: string): string | undefined {
  return [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The same tests where the program is there; else they show as skipped, with the reason. */
function withProgram(program: string, define: (path: string) => void): void {
  const path = found(program);
  if (path === undefined) {
    describe(`${program}'s own parser`, () => {
      test.skip(`skipped: ${program} is not installed here (apt-get install ${program}); the lab's hosts run it for real`, () =>
        undefined);
    });
  } else {
    describe(`${program}'s own parser`, () => define(path));
  }
}

function run(program: string, args: readonly string[], text: string) {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-parser-"));
  try {
    const file = join(folder, "candidate");
    writeFileSync(file, text);
    const { status, stdout, stderr } = spawnSync(program, [...args, file], { encoding: "utf8" });
    return { status, output: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

withProgram("haproxy", (haproxy) => {
  // the package's user may be missing where only the program is there
  const here = (text: string) =>
    text.replace(/^( *)user haproxy$/m, `$1user ${userInfo().username}`).replace(/^ *group haproxy\n/m, "");
  // -dW: a warning is an error
  const check = (text: string) => run(haproxy, ["-c", "-dW", "-f"], here(text));

  test("takes what is rendered without a warning", () => {
    expect(check(renderHaproxy(seed))).toMatchObject({ status: 0 });
    fc.assert(
      fc.property(hosts(1), duration, duration, (backends: Backend[], connectTimeout, clientTimeout) => {
        expect(check(renderHaproxy({ ...seed, backends, connectTimeout, clientTimeout }))).toMatchObject({ status: 0 });
      }),
      { numRuns: 10 },
    );
  });

  test("tells of an API server that answers, and of one that refuses, each in its place", async () => {
    const api = createServer((_, response) => response.end("ok"));
    const folder = mkdtempSync(join(tmpdir(), "kube-control-haproxy-"));
    const port = await listening(api);
    const others = [createServer(), createServer()];
    const [healthPort = 0, frontPort = 0] = await Promise.all(others.map(listening));
    for (const other of others) other.close();
    const backends = ["127.0.0.1", "127.0.0.2", "127.0.0.1"].map((address, index) => ({ name: `m${index}`, address }));
    const text = here(renderHaproxy({ ...seed, backends, port, healthPort, statsSocket: join(folder, "socket") }))
      .replace(`bind *:${port} transparent`, `bind 127.0.0.1:${frontPort}`)
      .replace("check-ssl verify none ", "")
      .replace(/^ *(chroot|log) .*\n/gm, "");
    writeFileSync(join(folder, "haproxy.cfg"), text);
    const running = spawn(haproxy, ["-db", "-f", join(folder, "haproxy.cfg")]);
    try {
      const told = async () => (await fetch(`http://127.0.0.1:${healthPort}/`).catch(() => undefined))?.text();
      // a server counts as up until it has been asked
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

  test("refuses what the script has to refuse: a file that is broken", () => {
    expect(check(renderHaproxy(seed).replace("balance", "balanced")).status).not.toBe(0);
  });
});

withProgram("keepalived", (keepalived) => {
  const [interfaceHere = "lo"] = Object.keys(networkInterfaces()).filter((name) => name !== "lo");
  const check = (text: string, carrier = interfaceHere) =>
    run(
      keepalived,
      ["-t", "-f"],
      text.replaceAll(placeholders.interface, carrier).replaceAll(placeholders.password, "a#!$b{'"),
    );

  test("takes what is rendered, in both versions", () => {
    for (const vrrpVersion of [2, 3] as const) {
      expect(check(renderKeepalived({ ...virtualIp, vrrpVersion }, lb1, [lb2]))).toEqual({ status: 0, output: "" });
    }
    fc.assert(
      fc.property(anyVirtualIp, routers, ({ ...vip }, [first, ...others]) => {
        expect(check(renderKeepalived(vip, first ?? lb1, others))).toMatchObject({ status: 0 });
      }),
      { numRuns: 10 },
    );
  });

  test("refuses an interface that is not there, so an unknown one never goes live", () => {
    expect(check(renderKeepalived(virtualIp, lb1, [lb2]), "nope0").status).not.toBe(0);
  });
});
