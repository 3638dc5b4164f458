import type { HaproxyPairArgs } from "../../components/haproxy-pair";
import { hostAt, mockEngine, type Recorded, registered, hidden, isSecret } from "./recorder";

mockEngine();
// after the mocks are set
import * as pulumi from "@pulumi/pulumi";
import { HaproxyPair } from "../../components/haproxy-pair";

const lb1 = { ...hostAt("haproxy-lb1", "192.168.2.141"), priority: 250 };
const lb2 = { ...hostAt("haproxy-lb2", "192.168.2.142"), priority: 240 };
const master = hostAt("k8s-master1", "192.168.2.151");
const good: HaproxyPairArgs = {
  virtualIp: { address: "192.168.2.140" },
  nodes: [lb1, lb2],
  backends: [master, { name: "k8s-master2", address: "192.168.2.152" }],
};

const pair = (change: Partial<HaproxyPairArgs> = {}) => new HaproxyPair("k8s-managers", { ...good, ...change });
const deployed = (change: Partial<HaproxyPairArgs> = {}) => registered(() => pair(change));
const step = (resources: Map<string, Recorded>, name: string): Recorded => {
  const found = resources.get(name);
  if (found === undefined) throw new Error(`${name} is not among ${[...resources.keys()].join(", ")}`);
  return found;
};

const lb3 = { ...hostAt("haproxy-lb3", "192.168.2.143"), priority: 245 };
const order = (resources: Map<string, Recorded>) =>
  [...resources.values()].filter(({ type }) => type === "command:remote:Command").map(({ name }) => name);

test("priorities decide on the order, not the place in the list: what a host will be rid of is noted for all, then all are set up, then each Keepalived is started, the preferred one first", async () => {
  const resources = await deployed({ nodes: [lb2, lb1, lb3] });
  const inTurn = ["haproxy-lb2", "haproxy-lb3", "haproxy-lb1"];
  const phases = [
    ...["-membership", ""].map((what) => inTurn.map((host) => `k8s-managers-${host}${what}`)),
    // who is first holds the virtual IP, and keeps it
    [...inTurn].reverse().map((host) => `k8s-managers-${host}-keepalived`),
  ];
  expect(order(resources)).toEqual(phases.flat());
  phases.forEach((phase, index) => {
    phase.forEach((name, place) => {
      const { dependencies, parent } = step(resources, name);
      // all of the phase before: no Keepalived starts which another one does not list among its peers
      const wanted = [...(phases[index - 1] ?? []), ...phase.slice(Math.max(place - 1, 0), place)];
      expect([name, [...dependencies].sort(), parent]).toEqual([name, wanted.sort(), "k8s-managers"]);
    });
  });
  expect(step(resources, "k8s-managers").type).toBe("kube-control:index:HaproxyPair");
});

test("each step runs on its own host with that host's own address", async () => {
  const resources = await deployed();
  for (const host of [lb1, lb2]) {
    for (const what of ["-membership", "", "-keepalived"]) {
      const { inputs } = step(resources, `k8s-managers-${host.name}${what}`);
      expect(hidden(inputs.connection)).toMatchObject({ host: host.address, hostKey: host.ssh.hostKey });
      expect(inputs.triggers).toEqual([host.address]);
    }
    const { stdin } = step(resources, `k8s-managers-${host.name}`).inputs;
    expect(stdin).toMatch(new RegExp(`^ADDRESS='${host.address}'$`, "m"));
    expect(stdin).toContain("HEALTH_PORT='8404'\n");
    expect(stdin).toMatch(/^ExecStart=\S+ 8404 k8s-managers 192\.168\.2\.140 \S+ k8s-master1 k8s-master2$/m);
    expect(stdin).toContain(`unicast_src_ip ${host.address}\n`);
  }
});

test("deletion belongs to what is there before a host is touched, and to nothing else", async () => {
  const resources = await deployed();
  for (const host of [lb1, lb2]) {
    const membership = step(resources, `k8s-managers-${host.name}-membership`);
    expect(membership.inputs.delete).toMatch(/bash -s -- delete # /);
    expect(membership.inputs.stdin).toMatch(/^VIRTUAL_IP='192\.168\.2\.140'$/m);
    // another address is another machine, and the old one has to give up the virtual IP before the new one takes it
    expect(membership.deleteBeforeReplace).toBe(true);
    for (const what of ["", "-keepalived"]) {
      expect(step(resources, `k8s-managers-${host.name}${what}`).inputs.delete).toBeUndefined();
    }
  }
});

test.each<[string, Partial<HaproxyPairArgs>, boolean]>([
  ["another order of the list", { nodes: [lb2, lb1] }, false],
  ["a setting of HAProxy's", { clientTimeout: "12h" }, true],
  ["one more load balancer", { nodes: [lb1, lb2, lb3] }, true],
])("%s: does it have Keepalived looked at again, on each host?", async (_what, change, again) => {
  const started = async (args: Partial<HaproxyPairArgs>) => {
    const resources = await deployed(args);
    return [lb1, lb2].map(({ name }) => step(resources, `k8s-managers-${name}-keepalived`).inputs.stdin as string);
  };
  const [before, after] = [await started({}), await started(change)];
  expect(after.map((stdin, index) => stdin !== before[index])).toEqual([again, again]);
});

test("the verification waits for every load balancer and for what it is told to, and asks by the name", async () => {
  const resources = await registered(() => {
    const controlPlane = new pulumi.ComponentResource("test:index:ControlPlane", "kubernetes");
    const joined = new HaproxyPair("other", good, { parent: controlPlane });
    pair().serving({ from: master, fqdn: "kube-control.example.com" }, { dependsOn: joined });
  });
  const serving = step(resources, "k8s-managers-serving");
  expect([...serving.dependencies].sort()).toEqual([
    "k8s-managers-haproxy-lb1-keepalived",
    "k8s-managers-haproxy-lb2-keepalived",
    ...["lb1", "lb2"].flatMap((lb) => ["", "-keepalived", "-membership"].map((what) => `other-haproxy-${lb}${what}`)),
  ]);
  expect(serving.type).toBe("command:local:Command");
  expect(serving.inputs.stdin).toContain("FQDN='kube-control.example.com'\n");
  // anyone may hold the virtual IP
  expect(serving.inputs.stdin).toContain("PREFERRED=''\n");
  expect(serving.inputs.stdin).toContain("LOAD_BALANCERS='haproxy-lb1 192.168.2.141\nhaproxy-lb2 192.168.2.142'\n");
  expect(serving.inputs.stdin).toContain("KC_HOSTS='k8s-master1 ops@192.168.2.151:22\n");
});

test("where the address goes back to the preferred load balancer, that one has to hold it", async () => {
  const virtualIp = { ...good.virtualIp, preempt: true };
  const resources = await registered(
    () => void pair({ virtualIp, nodes: [lb2, lb1] }).serving({ from: master, fqdn: "kube-control.example.com" }),
  );
  expect(step(resources, "k8s-managers-serving").inputs.stdin).toContain("PREFERRED='haproxy-lb1'\n");
  for (const { name } of [lb1, lb2]) {
    expect(step(resources, `k8s-managers-${name}`).inputs.stdin).toContain("    preempt_delay 5\n");
  }
});

test("the health port goes to HAProxy, to its watch and to the look at the host's ports", async () => {
  const { stdin } = step(await deployed({ healthPort: 18404 }), "k8s-managers-haproxy-lb1").inputs;
  expect(stdin).toContain("HEALTH_PORT='18404'\n");
  expect(stdin).toContain("    bind 127.0.0.1:18404\n");
  expect(stdin).toMatch(/^ExecStart=\S+ 18404 /m);
});

test("the verification runs again when the pair's configuration changes, and only then", async () => {
  const verification = async (change: Partial<HaproxyPairArgs>) => {
    const resources = await registered(
      () => void pair(change).serving({ from: master, fqdn: "kube-control.example.com" }),
    );
    return step(resources, "k8s-managers-serving").inputs.stdin as string;
  };
  const before = await verification({});
  expect(await verification({})).toBe(before);
  expect(await verification({ nodes: [lb2, lb1] })).toBe(before);
  expect(await verification({ clientTimeout: "12h" })).not.toBe(before);
});

test("without a password nothing of a step is secret but the key; with one it is on standard input alone", async () => {
  const plain = step(await deployed(), "k8s-managers-haproxy-lb1").inputs;
  expect([isSecret(plain.stdin), isSecret(plain.connection)]).toEqual([false, true]);

  const password = pulumi.secret("cnry#!1");
  const version2 = { address: "192.168.2.140", vrrpVersion: 2 as const, password };
  const { stdin, ...rest } = step(await deployed({ virtualIp: version2 }), "k8s-managers-haproxy-lb1").inputs;
  expect(hidden(stdin)).toContain("VRRP_PASSWORD='cnry#!1'\n");
  // the file it is put into is part of the text, with a placeholder
  expect(hidden(stdin)?.split("cnry#!1")).toHaveLength(2);
  expect(JSON.stringify(rest)).not.toContain("cnry#!1");
});

test("a password is secret even where it was given as plain text", async () => {
  const virtualIp = { address: "192.168.2.140", vrrpVersion: 2 as const, password: "plain" };
  const { stdin } = step(await deployed({ virtualIp }), "k8s-managers-haproxy-lb1").inputs;
  expect(hidden(stdin)).toContain("VRRP_PASSWORD='plain'\n");
});

test.each<[string, Partial<HaproxyPairArgs>, string]>([
  ["one load balancer", { nodes: [lb1] }, "k8s-managers.nodes: has fewer than two load balancers"],
  ["no API server", { backends: [] }, "k8s-managers.backends: has no API server"],
  [
    "equal priorities",
    { nodes: [lb1, { ...lb2, priority: 250 }] },
    "k8s-managers.nodes: gives two nodes the same priority",
  ],
  [
    "version 2 without a password",
    { virtualIp: { address: "192.168.2.140", vrrpVersion: 2 } },
    "k8s-managers.virtualIp.password: is missing",
  ],
  [
    "version 3 with a password",
    { virtualIp: { address: "192.168.2.140", password: "secret" } },
    "k8s-managers.virtualIp.password: is given, but VRRP version 3 has no password",
  ],
])("%s is refused", (_what, change, message) => {
  expect(() => pair(change)).toThrow(message);
});
