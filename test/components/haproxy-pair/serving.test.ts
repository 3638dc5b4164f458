import { EndpointReady } from "../../../components/haproxy-pair";
import { StandInHosts } from "../../stand-ins/hosts";
import { revealed } from "../../recorder";
import { hostAt, registered, silent } from "../registered";

// The real verification, run by bash over hosts that are folders.

const addresses = {
  "haproxy-lb1": "192.0.2.1",
  "haproxy-lb2": "192.0.2.2",
  "k8s-master1": "192.0.2.11",
  "k8s-master2": "192.0.2.12",
};
type Name = keyof typeof addresses;

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts(addresses);
  for (const name of ["k8s-master1", "k8s-master2"]) world.write(`hosts/${name}/etc/kubernetes/admin.conf`);
});
afterEach(() => world.remove());

interface Given {
  /** Hosts that are known not to answer before the step runs. */
  readonly unreachable?: readonly Name[];
  readonly preempt?: boolean;
}

async function verify({ unreachable = [], preempt = false }: Given = {}) {
  const host = (name: Name) => {
    const made = hostAt(name, addresses[name]);
    return unreachable.includes(name) ? silent(made) : made;
  };
  const masters = [host("k8s-master1"), host("k8s-master2")];
  const recorded = await registered(() => {
    const nodes = [
      { ...host("haproxy-lb1"), priority: 250 },
      { ...host("haproxy-lb2"), priority: 240 },
    ];
    const virtualIp = { address: "192.0.2.10", preempt };
    new EndpointReady("pair", { virtualIp, nodes, apiServers: masters, masters, fqdn: "kube-control.example.com" });
  });
  return world.run(revealed(recorded.get("pair-serving")?.inputs.stdin), "create");
}

const held = "2: ens160    inet 192.0.2.10/24 scope global secondary ens160:1\n";
const holds = (name: Name) => world.order(`^${name}: ip -4 -o address show to 192.0.2.10/32`, { stdout: held });
const goesDown = (name: Name) =>
  world.order(`^ssh ${name}: `, { status: 255, stderr: "ssh: connect to host: Connection timed out\n" });
/** The calls of kubectl for /readyz, as MASTER ADDRESS. */
const asked = (calls: readonly string[]) =>
  calls.flatMap((call) => {
    const [, master = "", address = ""] =
      /^(\S+): kubectl .* get --raw \/readyz at https:\/\/(.*):6443$/.exec(call) ?? [];
    return master === "" ? [] : [`${master} ${address}`];
  });

test("with all hosts up, it asks through each load balancer and the virtual IP, once each", async () => {
  holds("haproxy-lb1");
  const { status, stdout, stderr, calls } = await verify();
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toBe("192.0.2.10 is held by haproxy-lb1\n/readyz answers through 192.0.2.10\n");
  expect(asked(calls)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.10"].map((address) => `k8s-master1 ${address}`));
  // with the endpoint's name, so that the certificate is checked
  expect(calls.join("\n")).toContain(" --tls-server-name kube-control.example.com ");
});

test("a load balancer that is known not to answer is skipped without a connection", async () => {
  goesDown("haproxy-lb1");
  holds("haproxy-lb2");
  const { status, stdout, calls } = await verify({ unreachable: ["haproxy-lb1"], preempt: true });
  expect(status).toBe(0);
  expect(stdout).toContain("haproxy-lb1 does not answer: skipped\n192.0.2.10 is held by haproxy-lb2\n");
  expect(calls.filter((call) => call.startsWith("ssh haproxy-lb1"))).toEqual([]);
  expect(asked(calls)).toEqual(["k8s-master1 192.0.2.2", "k8s-master1 192.0.2.10"]);
});

test("a load balancer that does not answer is skipped after several attempts", async () => {
  goesDown("haproxy-lb2");
  holds("haproxy-lb1");
  const { status, stdout, calls } = await verify({ preempt: true });
  expect(status).toBe(0);
  expect(stdout).toContain("haproxy-lb2 does not answer: skipped\n");
  expect(calls.filter((call) => call.startsWith("ssh haproxy-lb2")).length).toBeGreaterThan(5);
});

test("if no load balancer answers, it fails and names them", async () => {
  const { status, stderr } = await verify({ unreachable: ["haproxy-lb1", "haproxy-lb2"] });
  expect(status).toBe(64);
  expect(stderr).toContain("no load balancer answers: haproxy-lb1 192.0.2.1, haproxy-lb2 192.0.2.2");
});

test.each<[string, readonly Name[], string]>([
  ["no load balancer holds", [], "held by nobody: on each of them HAProxy does not serve, or Keepalived does not run"],
  [
    "two load balancers hold",
    ["haproxy-lb1", "haproxy-lb2"],
    "held by haproxy-lb1 haproxy-lb2: they do not hear each other's VRRP adverts. " +
      "Let IP protocol 112 pass between 192.0.2.1 and 192.0.2.2 in both directions",
  ],
])("if %s the virtual IP, it fails", async (_what, holders, seen) => {
  holders.forEach(holds);
  world.haste = 10;
  const { status, stderr } = await verify();
  expect(status).toBe(64);
  expect(stderr).toContain(`waited 90 s for 192.0.2.10 to be held by exactly one load balancer; last seen: ${seen}`);
});

test("with preempt it fails if the preferred load balancer answers but another one holds", async () => {
  holds("haproxy-lb2");
  world.haste = 10;
  const { status, stderr } = await verify({ preempt: true });
  expect(status).toBe(64);
  expect(stderr).toContain("to be held by haproxy-lb1; last seen: held by haproxy-lb2");
});

test("if the first master is known not to answer, the next one asks without a connection to it", async () => {
  holds("haproxy-lb1");
  const { status, calls } = await verify({ unreachable: ["k8s-master1"] });
  expect(status).toBe(0);
  expect(calls.filter((call) => call.includes("k8s-master1"))).toEqual([]);
  expect(asked(calls)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.10"].map((address) => `k8s-master2 ${address}`));
});

test.each([
  ["does not answer", () => goesDown("k8s-master1")],
  ["has no administrator's kubeconfig", () => world.delete("hosts/k8s-master1/etc/kubernetes/admin.conf")],
  ["has a kubectl that does not work", () => world.order("^k8s-master1: kubectl .*config view", { status: 1 })],
])("if the first master %s, the next one asks", async (_what, break_) => {
  holds("haproxy-lb1");
  break_();
  const { status, calls } = await verify();
  expect(status).toBe(0);
  expect(asked(calls)).toEqual(["192.0.2.1", "192.0.2.2", "192.0.2.10"].map((address) => `k8s-master2 ${address}`));
});

test("if no master can ask, it fails with each one's reason", async () => {
  holds("haproxy-lb1");
  goesDown("k8s-master1");
  world.delete("hosts/k8s-master2/etc/kubernetes/admin.conf");
  world.haste = 10;
  const { status, stderr } = await verify();
  expect(status).toBe(64);
  expect(stderr).toContain("waited 60 s for a master that can ask the API servers; last seen: k8s-master1: ");
  expect(stderr).toContain("Connection timed out");
  expect(stderr).toMatch(/k8s-master2: no \S+\/etc\/kubernetes\/admin\.conf$/m);
});

test("if the API servers do not answer through a load balancer, it fails and names it", async () => {
  holds("haproxy-lb1");
  world.order("readyz at https://192.0.2.2:6443", { status: 1, stderr: "connection refused\n" });
  world.haste = 10;
  const { status, stderr } = await verify();
  expect(status).toBe(64);
  expect(stderr).toContain(
    "waited 60 s for /readyz through haproxy-lb2, asked from k8s-master1; last seen: connection",
  );
});

test("output of a load balancer is not executed, nor mistaken for the virtual IP", async () => {
  const text = `before[$(touch ${world.path("ran")})0]\n`;
  for (const name of ["haproxy-lb1", "haproxy-lb2"]) world.order(`^${name}: ip `, { stdout: text, stderr: text });
  world.haste = 10;
  const { status, stderr } = await verify();
  expect(status).toBe(64);
  expect(stderr).toContain("held by nobody");
  expect(world.exists("ran")).toBe(false);
});

test("standard error of a login does not count as holding the virtual IP", async () => {
  world.order("^haproxy-lb1: ip ", { stdout: held, stderr: "Welcome\n" });
  world.order("^haproxy-lb2: ip ", { stderr: "Welcome\n" });
  expect((await verify()).status).toBe(0);
});
