import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { planHosts } from "../../hosts/plan";
import { readStack } from "../../hosts/stack";
import { scratchPlace } from "../scratch";

const subnet = { prefix: "10.77.3." };
const machine = (name: string, last: number) => ({ name, address: `192.168.2.${last}` });
const smallest = {
  endpoint: { fqdn: "kube-control.lab.example.com", cloudflare: { zoneId: "f".repeat(32) } },
  ssh: { user: "ops", privateKeyFile: "id", knownHostsFile: "known_hosts" },
  masters: [machine("m1", 151)],
  loadBalancers: [machine("lb1", 141), machine("lb2", 142)],
  virtualIp: { address: "192.168.2.140" },
  kubernetes: { version: "v1.37.2" },
  monitor: machine("monitor", 160),
};

function read(config: Record<string, unknown>) {
  const place = scratchPlace();
  const keys = Object.entries(config).map(([key, value]) => [`kube-control:${key}`, value]);
  writeFileSync(join(place.root, "Pulumi.dev.yaml"), stringify({ config: Object.fromEntries(keys) }));
  return readStack(place, subnet);
}

test("the committed stack has a valid plan, in its own subnet and in another one", () => {
  const place = scratchPlace();
  copyFileSync(join(__dirname, "../../../Pulumi.dev.yaml"), join(place.root, "Pulumi.dev.yaml"));
  for (const moved of [{ prefix: "192.168.2." }, subnet]) {
    const stack = readStack(place, moved);
    const hosts = planHosts(stack, moved);
    expect(stack.masters).toHaveLength(3);
    expect(stack.loadBalancers).toHaveLength(2);
    expect(
      [stack.virtualIp, ...hosts.map(({ address }) => address)].filter((at) => !at.startsWith(moved.prefix)),
    ).toEqual([]);
    expect(stack.zone).toBe("kacangisnuts.com");
  }
  expect(readStack(place, subnet).text).not.toContain("192.168.2.");
});

test("omitted settings have the program's defaults", () => {
  expect(read(smallest)).toMatchObject({
    masters: [{ name: "m1", address: "10.77.3.151" }],
    workers: [],
    virtualIp: "10.77.3.140",
    vrrpVersion: 3,
    port: 6443,
    zone: "lab.example.com",
    zoneId: "f".repeat(32),
    provider: "cloudflare",
    user: "ops",
    nasPort: 15141,
  });
});

test("given settings are used", () => {
  const endpoint = {
    fqdn: "kube-control.lab.example.com",
    port: 7443,
    rfc2136: { server: "192.168.2.53", zone: "example.com", keyName: "kube-control-lab" },
  };
  const stack = read({
    ...smallest,
    endpoint,
    virtualIp: { address: "192.168.2.139", vrrpVersion: 2 },
    vrrpPassword: { secure: "v1:abc" },
    workers: [machine("w1", 161)],
    ssh: { ...smallest.ssh, user: "admin" },
    nas: { port: 1514 },
  });
  expect(stack).toMatchObject({
    workers: [{ name: "w1", address: "10.77.3.161" }],
    virtualIp: "10.77.3.139",
    vrrpVersion: 2,
    port: 7443,
    zone: "example.com",
    zoneId: "0".repeat(32),
    provider: "rfc2136",
    user: "admin",
    nasPort: 1514,
  });
  // the program reads this text
  expect(parse(stack.text)).toMatchObject({ config: { "kube-control:virtualIp": { address: "10.77.3.139" } } });
});

test.each([
  ["endpoint", undefined, "kube-control:endpoint is missing"],
  ["masters", undefined, "kube-control:masters is missing"],
  ["virtualIp", {}, "kube-control:virtualIp.address is missing"],
  ["monitor", { name: "monitor", address: "192.168.2" }, "kube-control:monitor.address is not an IPv4 address"],
  ["monitors", {}, "kube-control:monitors is not a setting. Write kube-control:monitor"],
])("a mistake in %s is an error with the key and the remedy", (key, value, named) => {
  expect(() => read({ ...smallest, [key]: value })).toThrow(
    expect.objectContaining({ message: "Pulumi.dev.yaml has mistakes", details: expect.stringContaining(named) }),
  );
});

test("a missing file and an empty configuration are errors", () => {
  const place = scratchPlace();
  expect(() => readStack(place, subnet)).toThrow(
    expect.objectContaining({
      message: `${join(place.root, "Pulumi.dev.yaml")} is missing`,
      remedy: expect.stringContaining("git checkout Pulumi.dev.yaml"),
    }),
  );
  writeFileSync(join(place.root, "Pulumi.dev.yaml"), "# nothing\n");
  expect(() => readStack(place, subnet)).toThrow("Pulumi.dev.yaml has mistakes");
});

test("a YAML syntax error is shown with its line", () => {
  const place = scratchPlace();
  writeFileSync(join(place.root, "Pulumi.dev.yaml"), "config:\n  a: [1\n  b: 2\n");
  expect(() => readStack(place, subnet)).toThrow(
    expect.objectContaining({ name: "LabError", details: expect.stringContaining("line 3") }),
  );
});
