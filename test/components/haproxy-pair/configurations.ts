import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Router, VirtualIp } from "../../../components/haproxy-pair/keepalived";
import { whereIs } from "../../../lab/machine/apt";

// Shared by the tests of both configuration files: the committed stack's values, arbitrary values, and the programs' parsers.

export const masters = [151, 152, 153].map((last, index) => ({
  name: `k8s-master${index + 1}`,
  address: `192.168.2.${last}`,
}));
export const lb1: Router = { name: "haproxy-lb1", address: "192.168.2.141", priority: 250 };
export const lb2: Router = { name: "haproxy-lb2", address: "192.168.2.142", priority: 240 };
export const virtualIp: VirtualIp = { address: "192.168.2.140" };
export const seed = { name: "k8s-managers", port: 6443, servers: masters };

const octet = fc.integer({ min: 1, max: 254 });
const address = fc.tuple(octet, octet, octet, octet).map((parts) => parts.join("."));
export const hostName = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/);
export const hosts = (minLength: number) =>
  fc
    .uniqueArray(fc.record({ name: hostName, address }), { minLength, maxLength: 7, selector: (host) => host.name })
    .filter((list) => new Set(list.map((host) => host.address)).size === list.length);
export const duration = fc
  // HAProxy's limit is 2^31 ms, about 596 hours
  .tuple(fc.integer({ min: 1, max: 500 }), fc.constantFrom("ms", "s", "m", "h"))
  .map(([count, unit]) => `${count}${unit}`);
export const routers = hosts(2).chain((list) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: 254 }), { minLength: list.length, maxLength: list.length })
    .map((priorities) => list.map((host, index): Router => ({ ...host, priority: priorities[index] ?? 1 }))),
);
export const anyVirtualIp = fc.record({
  address,
  prefixLength: fc.integer({ min: 8, max: 30 }),
  routerId: fc.integer({ min: 1, max: 255 }),
  vrrpVersion: fc.constantFrom(2 as const, 3 as const),
  preempt: fc.option(fc.boolean(), { nil: undefined }),
});

export const linesOf = (text: string) => text.split("\n").map((line) => line.trim());
/** The sections, which begin at the left margin: `global`, `defaults`, each frontend and backend. */
export const sectionsOf = (text: string) => text.split(/^(?=[a-z])/m);
export const sectionNamed = (name: string, text: string) =>
  sectionsOf(text).find((section) => section.startsWith(`${name}\n`)) ?? "";

/** Defines tests that run a program. If it is not installed, a single skipped test gives the reason. */
export function withProgram(program: string, define: (path: string) => void): void {
  const path = whereIs(program);
  if (path === undefined) {
    describe(`${program}'s own parser`, () => {
      test.skip(`skipped: ${program} is not installed here (apt-get install ${program}); the lab's hosts run it`, () =>
        undefined);
    });
  } else {
    describe(`${program}'s own parser`, () => define(path));
  }
}

export function run(program: string, args: readonly string[], text: string) {
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
