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

test("the plan has every machine of the stack and the lab's own hosts, in the lab's subnet", () => {
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

test("hosts that run containers have volumes for them; other hosts have none", () => {
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

test("an address outside the lab's subnet is refused with the host and the subnet", () => {
  expect(() => plan({ monitor: { name: "monitor", address: "10.77.4.160" } })).toThrow(
    "the address 10.77.4.160 of monitor is not in the lab's subnet 10.77.3.0/24",
  );
  // 10.77.30 begins with 10.77.3, but not with 10.77.3.
  expect(() => plan({ workers: [{ name: "k8s-worker1", address: "10.77.30.1" }] })).toThrow("k8s-worker1");
});

test.each<[string, Partial<Stack>, string]>([
  [
    "a name within a role",
    { workers: [1, 2].map((i) => ({ name: "k8s-worker1", address: `10.77.3.17${i}` })) },
    "two hosts have the name k8s-worker1",
  ],
  ["a name across roles", { monitor: { name: "k8s-master1", address: "10.77.3.160" } }, "the name k8s-master1"],
  ["an address across roles", { monitor: { name: "monitor", address: "10.77.3.151" } }, "the address 10.77.3.151"],
  [
    "a name of one of the lab's own hosts",
    { monitor: { name: "services", address: "10.77.3.160" } },
    "the name services",
  ],
  [
    "an address of one of the lab's own hosts",
    { monitor: { name: "monitor", address: "10.77.3.53" } },
    "the address 10.77.3.53",
  ],
])("%s that occurs twice is refused", (_what, change, message) => {
  expect(() => plan(change)).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(message),
      remedy: expect.stringContaining("ns1 (.53)"),
    }),
  );
});

test("the host of a role is found; a missing one is an error", () => {
  expect(theHost(plan(), "nas").address).toBe("10.77.3.20");
  expect(() => theHost([], "nas")).toThrow("the plan has no nas");
});
