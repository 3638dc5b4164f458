import { refusals, type StackIdentity } from "../../../components/identity/changes";
import { observedIdentity } from "../../../components/identity/observed";
import type { Facts } from "../../../host/facts";

// The facts of the hosts of a stack that version 0.1 built (host/survey.sh).

const cluster = "kube.example.com:6443";
const node = (name: string, master: boolean): Facts => ({
  "mark-member": `join of kube.example.com`,
  ...(master
    ? {
        server: `https://${cluster}`,
        authority: "cafe",
        nodes: "m1 m2 m3 w1",
        flags:
          "--cluster-cidr=10.244.0.0/16 --election-timeout=300 --encryption-provider-config=/x --heartbeat-interval=50 " +
          "--service-cluster-ip-range=10.96.0.0/12 --shutdown-delay-duration=2s",
      }
    : {}),
  hostname: name,
});
const balancer = (name: string, peers: string): Facts => ({
  "haproxy-servers": "m1=192.0.2.1 m2=192.0.2.2 m3=192.0.2.3",
  "router-id": name,
  peers,
});
const facts: Readonly<Record<string, Facts>> = {
  m1: node("m1", true),
  m2: node("m2", true),
  m3: node("m3", true),
  w1: node("w1", false),
  lb1: balancer("lb1", "192.0.2.32"),
  lb2: balancer("lb2", "192.0.2.31"),
  mon: { agent: "container", "agent-conf": "present" },
};
const wanted: StackIdentity = {
  decided: {
    "endpoint.fqdn": "kube.example.com",
    "endpoint.port": "6443",
    "kubernetes.podSubnet": "10.244.0.0/16",
    "kubernetes.serviceSubnet": "10.96.0.0/12",
    "kubernetes.encryptionAtRest": "true",
  },
  initOnly: {
    "kubernetes.etcd.heartbeatInterval": "50",
    "kubernetes.etcd.electionTimeout": "300",
    "kubernetes.shutdownDelay": "2",
  },
  hosts: [
    { name: "m1", address: "192.0.2.1", role: "master" },
    { name: "m2", address: "192.0.2.2", role: "master" },
    { name: "m3", address: "192.0.2.3", role: "master" },
    { name: "w1", address: "192.0.2.11", role: "worker" },
    { name: "lb1", address: "192.0.2.31", role: "load balancer" },
    { name: "lb2", address: "192.0.2.32", role: "load balancer" },
    { name: "mon", address: "192.0.2.41", role: "monitor" },
  ],
  machines: {},
  authority: "",
};
const settings = (now: StackIdentity, seen = facts) =>
  refusals(observedIdentity(now, seen, cluster)!, now, true).map(({ setting }) => setting);
const hostLists = "masters, workers, loadBalancers, monitor";

test("a stack whose hosts match the configuration is accepted", () => {
  expect(settings(wanted)).toEqual([]);
});

test.each(["m1", "m3", "w1", "lb1", "lb2", "mon"])("a stack is accepted although %s does not answer", (silent) => {
  const { [silent]: _, ...others } = facts;
  expect(settings(wanted, others)).toEqual([]);
});

test("a setting that differs from the initialised cluster is refused", () => {
  expect(settings({ ...wanted, decided: { ...wanted.decided, "kubernetes.podSubnet": "10.9.0.0/16" } })).toEqual([
    "kubernetes.podSubnet",
  ]);
  // applied to the running cluster
  expect(settings({ ...wanted, initOnly: { ...wanted.initOnly, "kubernetes.shutdownDelay": "5" } })).toEqual([]);
});

const replace = (name: string, changes: object) => ({
  ...wanted,
  hosts: wanted.hosts.map((one) => (one.name === name ? { ...one, ...changes } : one)),
});
test.each<[string, StackIdentity, Readonly<Record<string, Facts>>]>([
  [
    "a master is added",
    { ...wanted, hosts: [...wanted.hosts, { name: "m4", address: "192.0.2.4", role: "master" }] },
    facts,
  ],
  ["a master is removed", { ...wanted, hosts: wanted.hosts.filter(({ name }) => name !== "m3") }, facts],
  ["a worker is removed", { ...wanted, hosts: wanted.hosts.filter(({ name }) => name !== "w1") }, facts],
  ["a load balancer is replaced", replace("lb2", { name: "lb3", address: "192.0.2.33" }), { ...facts, lb3: {} }],
  ["the monitor is replaced", replace("mon", { name: "mon2", address: "192.0.2.42" }), { ...facts, mon2: {} }],
])("the first run of this version refuses a change in which %s", (_, now, seen) => {
  expect(settings(now, seen)).toContain(hostLists);
});

test("new masters in place of all servers of the load balancers are refused", () => {
  const now = {
    ...wanted,
    hosts: [{ name: "n1", address: "192.0.2.51", role: "master" as const }, ...wanted.hosts.slice(3)],
  };
  expect(settings(now, { n1: {}, lb1: facts["lb1"]!, lb2: facts["lb2"]! })).toContain("masters");
});

test("hosts without a cluster give no identity", () => {
  expect(observedIdentity(wanted, { m1: {}, lb1: {} }, cluster)).toBeUndefined();
});
