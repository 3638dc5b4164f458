import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { haproxyDropIn, keepalivedDropIn } from "../../components/haproxy-pair/drop-ins";
import { type Backend, renderHaproxy } from "../../components/haproxy-pair/haproxy";
import {
  haproxyDownFile,
  placeholders,
  renderKeepalived,
  type Router,
  type VirtualIp,
  whyUnfitPassword,
} from "../../components/haproxy-pair/keepalived";

const masters = [151, 152, 153].map((last, index) => ({
  name: `k8s-master${index + 1}`,
  address: `192.168.2.${last}`,
}));
const lb1: Router = { name: "haproxy-lb1", address: "192.168.2.141", priority: 120 };
const lb2: Router = { name: "haproxy-lb2", address: "192.168.2.142", priority: 100 };
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
  test("the units' drop-ins", () => expect([haproxyDropIn, keepalivedDropIn]).toMatchSnapshot());
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
});

const linesOf = (text: string) => text.split("\n").map((line) => line.trim());

describe("haproxy.cfg", () => {
  test("has every API server on exactly one server line, in the order given", () => {
    fc.assert(
      fc.property(hosts(1), fc.integer({ min: 1, max: 65535 }), (backends, port) => {
        const servers = linesOf(renderHaproxy({ ...seed, backends, port })).filter((line) =>
          line.startsWith("server "),
        );
        expect(servers).toEqual(backends.map((backend) => `server ${backend.name} ${backend.address}:${port}`));
      }),
    );
  });

  test("sets each keyword of a section once, so that no value is overridden further down", () => {
    fc.assert(
      fc.property(hosts(1), duration, duration, (backends, clientTimeout, serverTimeout) => {
        const keywords = linesOf(renderHaproxy({ ...seed, backends, clientTimeout, serverTimeout }))
          .map((line) => /^(timeout [a-z-]+|\w+tcpka\S*|option \S+|retries|mode|bind|balance|stats)\b/.exec(line)?.[1])
          .filter((keyword) => keyword !== undefined);
        expect(new Set(keywords).size).toBe(keywords.length);
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

  test("asks for a password with version 2, of which the text holds a placeholder only, and for none with version 3", () => {
    fc.assert(
      fc.property(anyVirtualIp, (vip) => {
        const text = renderKeepalived(vip, lb1, [lb2]);
        expect(text.includes("auth_pass")).toBe(vip.vrrpVersion === 2);
        expect(text.split(placeholders.password)).toHaveLength(vip.vrrpVersion === 2 ? 2 : 1);
        expect(text).toContain(`vrrp_version ${vip.vrrpVersion}\n`);
        // version 2 takes whole seconds only
        expect(text).toMatch(vip.vrrpVersion === 2 ? /advert_int 1\n/ : /advert_int 0\.1\n/);
      }),
    );
  });

  test("is told by the file that HAProxy's unit writes", () => {
    expect(renderKeepalived(virtualIp, lb1, [lb2])).toContain(`file "${haproxyDownFile}"`);
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
