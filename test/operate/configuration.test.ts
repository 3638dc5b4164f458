import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { programFolder, readConfiguration } from "../../operate/configuration";
import { planOf } from "../../operate/plan";
import { type Configuration, goodStack, hostKey, root } from "../settings/stack";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "kube-control-configuration-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const secrets = ["cloudflareApiToken", "tsigSecret", "vrrpPassword", "datadogApiKey", "datadogAppKey"];

/** Writes a stack's file as Pulumi does: secrets are encrypted. */
function read(configuration: Configuration) {
  const config = Object.entries(configuration).map(([key, value]) => [
    `kube-control:${key}`,
    secrets.includes(key) ? { secure: "v1:CANARY" } : (value as unknown),
  ]);
  const configurationFile = join(folder, "Pulumi.prod.yaml");
  writeFileSync(configurationFile, stringify({ encryptionsalt: "v1:x", config: Object.fromEntries(config) as object }));
  return readConfiguration({ name: "prod", projectFile: join(root, "Pulumi.yaml"), configurationFile });
}

test("a stack's file is read with its defaults and without its secrets", () => {
  const { values, mistakes } = read(goodStack());
  expect(mistakes).toEqual([]);
  expect(values.masters.map(({ name }) => name)).toEqual(["k8s-master1", "k8s-master2", "k8s-master3"]);
  expect([values.workers, values.haproxy.healthPort, values.virtualIp.vrrpVersion]).toEqual([[], 8404, 3]);
  expect(JSON.stringify(values)).not.toContain("CANARY");
});

test("a stack with VRRP version 2 and its own name server is read without the secrets of both", () => {
  const stack = goodStack();
  stack["virtualIp"].vrrpVersion = 2;
  stack["endpoint"] = {
    fqdn: "k8s.example.com",
    rfc2136: { server: "192.168.2.53", zone: "example.com", keyName: "k" },
  };
  expect(read({ ...stack, vrrpPassword: "x", tsigSecret: "x" }).mistakes).toEqual([]);
});

test("a stack without its secrets is read", () => {
  const { datadogApiKey: _, cloudflareApiToken: __, ...stack } = goodStack();
  expect(read(stack).mistakes).toEqual([]);
});

test("a setting that is a JSON text is read as a structure, as by Pulumi", () => {
  const stack = goodStack();
  expect(read({ ...stack, monitor: JSON.stringify(stack["monitor"]) }).values.monitor.name).toBe("monitor");
});

test("settings that contradict each other are reported, and the plan can still be read", () => {
  const stack = goodStack();
  stack["nas"].port = 8125;
  const { values, mistakes } = read(stack);
  expect(values.nas.port).toBe(8125);
  expect(mistakes.map(({ key }) => key)).toEqual(["kube-control:nas.port"]);
});

test.each([
  [
    "a setting is missing",
    (stack: Configuration) => delete stack["monitor"],
    /kube-control:monitor.name\n.*is missing/,
  ],
  ["a setting is invalid", (stack: Configuration) => (stack["monitor"].address = "1.2.3"), /not an IPv4 address/],
  ["a section is encrypted", (stack: Configuration) => (stack["ssh"] = { secure: "v1:x" }), /kube-control:ssh.secure/],
])("a stack's file is refused with what to do if %s", (_, spoil, message) => {
  const stack = goodStack();
  spoil(stack);
  expect(() => read(stack)).toThrow(message);
});

test("the plan has every host with its pinned key and role", () => {
  const { hosts, nameServers, listener, backup } = planOf("prod", read(goodStack()).values);
  expect(backup).toBeUndefined();
  expect(hosts.map(({ name, role, target }) => `${name} ${role} ${target.user}@${target.address}`)).toEqual([
    "k8s-master1 master ops@192.168.2.151",
    "k8s-master2 master ops@192.168.2.152",
    "k8s-master3 master ops@192.168.2.153",
    "haproxy-lb1 load balancer ops@192.168.2.141",
    "haproxy-lb2 load balancer ops@192.168.2.142",
    "monitor monitor ops@192.168.2.160",
  ]);
  expect(new Set(hosts.map(({ target }) => target.hostKey))).toEqual(new Set([hostKey]));
  expect([nameServers, listener]).toEqual([[], { name: "qnap", type: "udp", port: 15141 }]);
});

test.each([
  ["index.ts", "."],
  ["../../index.ts", "../.."],
  ["program", "program"],
  [undefined, "."],
])("relative paths start in the folder of the program %s, as in Pulumi", (main, expected) => {
  const at = join(folder, "a/b");
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, "Pulumi.yaml"), stringify({ name: "kube-control", main }));
  const projectFile = join(at, "Pulumi.yaml");
  expect(programFolder({ name: "x", projectFile, configurationFile: "" })).toBe(join(at, expected));
});
