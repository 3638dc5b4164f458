import { planHosts, theHost, withRole } from "../../hosts/plan";
import type { Stack } from "../../hosts/stack";

const stack: Stack = {
  text: "",
  masters: [1, 2, 3].map((i) => ({ name: `k8s-master${i}`, address: `10.77.3.15${i}` })),
  workers: [{ name: "k8s-worker1", address: "10.77.3.161" }],
  loadBalancers: [
    { name: "haproxy-lb1", address: "10.77.3.141" },
    { name: "haproxy-lb2", address: "10.77.3.142" },
  ],
  monitor: { name: "monitor", address: "10.77.3.160" },
  virtualIp: "10.77.3.140",
  vrrpVersion: 3,
  fqdn: "kube-control.example.com",
  port: 6443,
  zone: "example.com",
  zoneId: "0".repeat(32),
  provider: "cloudflare",
  user: "ops",
  nasPort: 15141,
};
const subnet = { prefix: "10.77.3." };
const plan = (change: Partial<Stack> = {}) => planHosts({ ...stack, ...change }, subnet);

test("every machine of the stack, and the world around it, each once and in the lab's subnet", () => {
  expect(plan().map(({ name, address, role }) => `${name} ${address} ${role}`)).toEqual([
    "ns1 10.77.3.53 name-server",
    "services 10.77.3.10 services",
    "nas 10.77.3.20 nas",
    "k8s-master1 10.77.3.151 master",
    "k8s-master2 10.77.3.152 master",
    "k8s-master3 10.77.3.153 master",
    "k8s-worker1 10.77.3.161 worker",
    "haproxy-lb1 10.77.3.141 load-balancer",
    "haproxy-lb2 10.77.3.142 load-balancer",
    "monitor 10.77.3.160 monitor",
  ]);
});

test("what runs containers keeps them on volumes, what runs none needs none", () => {
  for (const { role, volumes } of plan()) {
    const containers = ["master", "worker", "monitor"].includes(role);
    expect([role, volumes.includes("/var/lib/containerd")]).toEqual([role, containers]);
    expect([role, volumes.length > 0]).toEqual([role, containers]);
  }
  expect(withRole(plan(), "master").map(({ volumes }) => volumes.includes("/var/lib/etcd"))).toEqual([
    true,
    true,
    true,
  ]);
});

test("an address outside the lab's subnet names the host, the address and the subnet", () => {
  expect(() => plan({ monitor: { name: "monitor", address: "10.77.4.160" } })).toThrow(
    "monitor has the address 10.77.4.160, and the lab's hosts lie in 10.77.3.0/24",
  );
  // 10.77.3 begins 10.77.30 too, but for the dot
  expect(() => plan({ workers: [{ name: "k8s-worker1", address: "10.77.30.1" }] })).toThrow("k8s-worker1");
});

test.each<[string, Partial<Stack>, string]>([
  [
    "a name within a role",
    { workers: [1, 2].map((i) => ({ name: "k8s-worker1", address: `10.77.3.17${i}` })) },
    "the name k8s-worker1 is taken twice",
  ],
  ["a name across roles", { monitor: { name: "k8s-master1", address: "10.77.3.160" } }, "the name k8s-master1"],
  ["an address across roles", { monitor: { name: "monitor", address: "10.77.3.151" } }, "the address 10.77.3.151"],
  ["a name of the lab's own", { monitor: { name: "services", address: "10.77.3.160" } }, "the name services"],
  ["an address of the lab's own", { monitor: { name: "monitor", address: "10.77.3.53" } }, "the address 10.77.3.53"],
])("%s is not given twice", (_what, change, message) => {
  expect(() => plan(change)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(message),
      remedy: expect.stringContaining("ns1 (.53)"),
    }),
  );
});

test("the one host of a role, and none where the plan lacks it", () => {
  expect(theHost(plan(), "nas").address).toBe("10.77.3.20");
  expect(() => theHost([], "nas")).toThrow("the plan has no nas");
});
