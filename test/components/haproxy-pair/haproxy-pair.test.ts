import * as pulumi from "@pulumi/pulumi";
import type { HaproxyPairArgs } from "../../../components/haproxy-pair";
import { EndpointReady, HaproxyPair } from "../../../components/haproxy-pair";
import type { Host } from "../../../host/host";
import { sessionOf } from "../../../host/session";
import { type Registered, hidden, isSecret, revealed } from "../../recorder";
import { hostAt, refusal, registered, silent } from "../registered";

const lb1 = { ...hostAt("haproxy-lb1", "192.168.2.141"), priority: 250 };
const lb2 = { ...hostAt("haproxy-lb2", "192.168.2.142"), priority: 240 };
const master = hostAt("k8s-master1", "192.168.2.151");
const good: HaproxyPairArgs = {
  virtualIp: { address: "192.168.2.140" },
  nodes: [lb1, lb2],
  apiServers: [master, { name: "k8s-master2", address: "192.168.2.152" }],
};

const pair = (change: Partial<HaproxyPairArgs> = {}) => new HaproxyPair("k8s-managers", { ...good, ...change });
const deployed = (change: Partial<HaproxyPairArgs> = {}) => registered(() => pair(change));
const step = (resources: Map<string, Registered>, name: string): Registered => {
  const found = resources.get(name);
  if (found === undefined) throw new Error(`${name} is not among ${[...resources.keys()].join(", ")}`);
  return found;
};

const lb3 = { ...hostAt("haproxy-lb3", "192.168.2.143"), priority: 245 };

interface Serving {
  readonly masters?: Host[];
  readonly dependsOn?: readonly pulumi.Resource[];
}
function ready(change: Partial<HaproxyPairArgs> = {}, { masters = [master], dependsOn = [] }: Serving = {}) {
  const opts = { dependsOn: [pair(change), ...dependsOn] };
  new EndpointReady("k8s-managers", { ...good, ...change, masters, fqdn: "kube-control.example.com" }, opts);
}
const serving = (change: Partial<HaproxyPairArgs> = {}, given: Serving = {}) => registered(() => ready(change, given));

test("each phase waits for the whole phase before, and its hosts follow by priority", async () => {
  const resources = await serving({ nodes: [lb2, lb1, lb3] });
  const inTurn = ["haproxy-lb2", "haproxy-lb3", "haproxy-lb1"];
  const phases = [
    ...["-removal", ""].map((what) => inTurn.map((host) => `k8s-managers-${host}${what}`)),
    // the load balancer that starts first takes the virtual IP and keeps it
    [...inTurn].reverse().map((host) => `k8s-managers-${host}-keepalived`),
    inTurn.map((host) => `k8s-managers-${host}-servers`),
  ];
  const registeredInTurn = [...resources.keys()].filter((name) => phases.flat().includes(name));
  expect(registeredInTurn).toEqual(phases.flat());
  phases.forEach((phase, index) => {
    phase.forEach((name, place) => {
      const { dependencies: all, parent } = step(resources, name);
      const dependencies = all.filter((one) => !one.endsWith("-state"));
      const isApart = phase === phases.at(-1);
      const ofPair = [...phases.slice(0, -1).flat(), ...inTurn.map((host) => `k8s-managers-${host}-membership`)];
      // the whole phase before: each Keepalived must be a peer in all other configurations before one starts
      const before = isApart ? ofPair : (phases[index - 1] ?? []);
      const wanted = [...before, ...phase.slice(Math.max(place - 1, 0), place)];
      expect([name, [...dependencies].sort(), parent]).toEqual([name, wanted.sort(), "k8s-managers"]);
    });
  });
  expect(step(resources, "k8s-managers").type).toBe("kube-control:index:HaproxyPair");
});

test("each step connects only to its own host, and gets that host's address", async () => {
  const resources = await serving();
  for (const host of [lb1, lb2]) {
    for (const what of ["-membership", "", "-keepalived", "-servers"]) {
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

test("only the removal has a delete command; it is local and runs before a replacement", async () => {
  const resources = await serving();
  const deleting = [...resources.values()].filter(({ inputs }) => inputs.delete !== undefined);
  expect(deleting.map(({ name }) => name)).toEqual([
    "k8s-managers-haproxy-lb2-removal",
    "k8s-managers-haproxy-lb1-removal",
  ]);
  for (const host of [lb1, lb2]) {
    const removal = step(resources, `k8s-managers-${host.name}-removal`);
    expect(removal.type).toBe("command:local:Command");
    expect(removal.inputs.delete).toMatch(/^bash -s -- delete # haproxy-lb\d: /);
    expect(removal.inputs.triggers).toEqual([host.address]);
    expect(removal.deleteBeforeReplace).toBe(true);
    const stdin = revealed(removal.inputs.stdin);
    expect(stdin).toContain(`KC_HOSTS='${host.name} ops@${host.address}:22'\n`);
    expect(stdin).toContain(`NODE='${host.name}'\n`);
    expect(stdin).toContain("VIRTUAL_IP='192.168.2.140'\n");
  }
});

test("the former membership keeps name, type and triggers, has no command, waits for the removal", async () => {
  const resources = await deployed();
  for (const host of [lb1, lb2]) {
    const { type, inputs, dependencies, deleteBeforeReplace } = step(resources, `k8s-managers-${host.name}-membership`);
    expect(type).toBe("command:remote:Command");
    expect(Object.keys(inputs).sort()).toEqual(["addPreviousOutputInEnv", "connection", "logging", "triggers"]);
    expect(inputs.triggers).toEqual([host.address]);
    expect(dependencies).toEqual([`k8s-managers-${host.name}-removal`]);
    expect(deleteBeforeReplace).toBe(true);
  }
});

test("the two steps that run a load balancer's script differ only in DEFER", async () => {
  const resources = await serving({ cluster: "kube-control.example.com:6443" });
  const texts = ["", "-servers"].map(
    (what) => step(resources, `k8s-managers-haproxy-lb1${what}`).inputs.stdin as string,
  );
  const variables = texts.map((text) => text.replace(/^KC_STEP=.*$/m, ""));
  expect(variables[0]).toContain("DEFER='1'\n");
  expect(variables[1]).toBe(variables[0]?.replace("DEFER='1'\n", "DEFER='0'\n"));
  expect(texts[0]).toContain("NODE='haproxy-lb1'\n");
});

test.each<[string, Partial<HaproxyPairArgs>, string]>([
  ["the given cluster", { cluster: "kube-control.example.com:6443" }, "kube-control.example.com:6443"],
  ["the pair's name without a given cluster", {}, "k8s-managers"],
])("set-up and removal contain %s", async (_what, change, cluster) => {
  const resources = await deployed(change);
  for (const what of ["", "-removal"]) {
    expect(revealed(step(resources, `k8s-managers-haproxy-lb1${what}`).inputs.stdin)).toContain(
      `CLUSTER='${cluster}'\n`,
    );
  }
});

test("steps of a load balancer that is down have no command, and those of the others run", async () => {
  const dead = silent(lb2);
  const resources = await serving({ nodes: [lb1, dead] });
  for (const what of ["", "-keepalived", "-servers"]) {
    const skipped = step(resources, `k8s-managers-haproxy-lb2${what}`);
    expect([skipped.inputs.create, skipped.inputs.update, skipped.inputs.delete]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(skipped.ignoreChanges).toEqual(["*"]);
    const living = step(resources, `k8s-managers-haproxy-lb1${what}`);
    expect(living.inputs.create).toContain("bash -s -- create");
    expect(living.ignoreChanges).toEqual([]);
  }
  expect(step(resources, "k8s-managers-haproxy-lb1").dependencies).toContain("k8s-managers-haproxy-lb2");
  expect(step(resources, "k8s-managers-haproxy-lb1-servers").dependencies).toContain(
    "k8s-managers-haproxy-lb2-servers",
  );
  expect(sessionOf(dead).steps.map(({ name }) => name)).toEqual(
    ["", "-keepalived", "-servers"].map((what) => `k8s-managers-haproxy-lb2${what}`),
  );
});

test("the removal step of a load balancer that is down has the usual inputs", async () => {
  const inputs = async (nodes: HaproxyPairArgs["nodes"]) =>
    step(await deployed({ nodes }), "k8s-managers-haproxy-lb2-removal").inputs as unknown;
  expect(await inputs([lb1, silent(lb2)])).toEqual(await inputs([lb1, lb2]));
});

test.each<[string, Partial<HaproxyPairArgs>, boolean]>([
  ["another order of the list does not run", { nodes: [lb2, lb1] }, false],
  ["another setting of HAProxy runs", { clientTimeout: "12h" }, true],
  ["one more load balancer runs", { nodes: [lb1, lb2, lb3] }, true],
])("%s Keepalived's step again on each host", async (_what, change, again) => {
  const started = async (args: Partial<HaproxyPairArgs>) => {
    const resources = await deployed(args);
    return [lb1, lb2].map(({ name }) => step(resources, `k8s-managers-${name}-keepalived`).inputs.stdin as string);
  };
  const [before, after] = [await started({}), await started(change)];
  expect(after.map((stdin, index) => stdin !== before[index])).toEqual([again, again]);
});

test("the verification waits for all load balancers and its dependencies, and uses the name", async () => {
  const others = ["", "-keepalived", "-membership", "-removal"].flatMap((what) =>
    ["lb1", "lb2"].map((lb) => `other-haproxy-${lb}${what}`),
  );
  const resources = await registered(() => {
    const controlPlane = new pulumi.ComponentResource("test:index:ControlPlane", "kubernetes");
    const joined = new HaproxyPair("other", good, { parent: controlPlane });
    ready({}, { dependsOn: [joined] });
  });
  const own = others.map((name) => name.replace("other", "k8s-managers"));
  const servers = ["k8s-managers-haproxy-lb1-servers", "k8s-managers-haproxy-lb2-servers"];
  const { type, inputs, dependencies } = step(resources, "k8s-managers-serving");
  const withoutStates = dependencies.filter((one) => !one.endsWith("-state"));
  expect(withoutStates.sort()).toEqual([...own, ...servers, ...others].sort());
  // the list of API servers is applied after the control plane is ready
  const { dependencies: ofServers } = step(resources, "k8s-managers-haproxy-lb2-servers");
  expect(ofServers.filter((one) => !one.endsWith("-state")).sort()).toEqual([...own, ...others].sort());
  expect(type).toBe("command:local:Command");
  const stdin = revealed(inputs.stdin);
  expect(stdin).toContain("FQDN='kube-control.example.com'\n");
  // any load balancer may hold the virtual IP
  expect(stdin).toContain("PREFERRED=''\n");
  expect(stdin).toContain("LOAD_BALANCERS='haproxy-lb1 192.168.2.141\nhaproxy-lb2 192.168.2.142'\n");
  expect(stdin).toContain("FROM='k8s-master1'\n");
  expect(stdin).toContain("KC_HOSTS='k8s-master1 ops@192.168.2.151:22\n");
});

test("the verification can use every master, and skips hosts that do not answer", async () => {
  const other = hostAt("k8s-master2", "192.168.2.152");
  const healthy = revealed(step(await serving({}, { masters: [master, other] }), "k8s-managers-serving").inputs.stdin);
  expect(healthy).toContain("FROM='k8s-master1 k8s-master2'\n");
  expect(healthy).toContain("\nk8s-master2 ops@192.168.2.152:22\n");
  expect(healthy).toMatch(/^SKIPPED=''$/m);
  const resources = await serving({ nodes: [lb1, silent(lb2)] }, { masters: [silent(master), other] });
  const { create, stdin: sent } = step(resources, "k8s-managers-serving").inputs;
  const stdin = revealed(sent) as string;
  expect(create).toBe("bash -s -- create # k8s-managers: verify the virtual IP");
  expect(stdin.replace("SKIPPED='k8s-master1 haproxy-lb2'", "SKIPPED=''")).toBe(healthy);
});

test("a verification without a master is refused", async () => {
  expect(await refusal(() => ready({}, { masters: [] }))).toContain("k8s-managers.masters: has no master");
});

test("with preempt, the preferred load balancer must hold the virtual IP", async () => {
  const virtualIp = { ...good.virtualIp, preempt: true };
  const resources = await serving({ virtualIp, nodes: [lb2, lb1] });
  expect(revealed(step(resources, "k8s-managers-serving").inputs.stdin)).toContain("PREFERRED='haproxy-lb1'\n");
  for (const { name } of [lb1, lb2]) {
    expect(step(resources, `k8s-managers-${name}`).inputs.stdin).toContain("    preempt_delay 5\n");
  }
});

test("HAProxy, haproxy-watch and the check of the host's ports get the health port", async () => {
  const { stdin } = step(await deployed({ healthPort: 18404 }), "k8s-managers-haproxy-lb1").inputs;
  expect(stdin).toContain("HEALTH_PORT='18404'\n");
  expect(stdin).toContain("    bind 127.0.0.1:18404\n");
  expect(stdin).toMatch(/^ExecStart=\S+ 18404 /m);
});

test("the verification runs again when the pair's configuration changes, and only then", async () => {
  const verification = async (change: Partial<HaproxyPairArgs>) =>
    revealed(step(await serving(change), "k8s-managers-serving").inputs.stdin) as string;
  const before = await verification({});
  expect(await verification({})).toBe(before);
  expect(await verification({ nodes: [lb2, lb1] })).toBe(before);
  expect(await verification({ clientTimeout: "12h" })).not.toBe(before);
});

test("the password is secret and only on standard input; without it only the key is secret", async () => {
  const plain = step(await deployed(), "k8s-managers-haproxy-lb1").inputs;
  expect([isSecret(plain.stdin), isSecret(plain.connection)]).toEqual([false, true]);

  const password = pulumi.secret("cnry#!1");
  const version2 = { address: "192.168.2.140", vrrpVersion: 2, password };
  const { stdin, ...rest } = step(await deployed({ virtualIp: version2 }), "k8s-managers-haproxy-lb1").inputs;
  expect(hidden(stdin)).toContain("VRRP_PASSWORD='cnry#!1'\n");
  // the same text contains keepalived.conf with a placeholder for the password
  expect(hidden(stdin)?.split("cnry#!1")).toHaveLength(2);
  expect(JSON.stringify(rest)).not.toContain("cnry#!1");
});

test("a password in plain text becomes a secret", async () => {
  const virtualIp = { address: "192.168.2.140", vrrpVersion: 2, password: "plain" };
  const { stdin } = step(await deployed({ virtualIp }), "k8s-managers-haproxy-lb1").inputs;
  expect(hidden(stdin)).toContain("VRRP_PASSWORD='plain'\n");
});

test.each<[string, Partial<HaproxyPairArgs>, string]>([
  ["one load balancer", { nodes: [lb1] }, "k8s-managers.nodes: has fewer than two load balancers"],
  ["no API server", { apiServers: [] }, "k8s-managers.apiServers: has no API server"],
  [
    "a version that VRRP does not have",
    { virtualIp: { address: "192.168.2.140", vrrpVersion: 4 } },
    "k8s-managers.virtualIp.vrrpVersion: 4 is not a version of VRRP",
  ],
  [
    "a virtual IP that is a name",
    { virtualIp: { address: "vip.example.com" } },
    'k8s-managers.virtualIp.address: "vip.example.com" is not an IPv4 address',
  ],
  [
    "equal priorities",
    { nodes: [lb1, { ...lb2, priority: 250 }] },
    "k8s-managers.nodes[1].priority: is already the VRRP priority of nodes[0]",
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
])("%s is refused", async (_what, change, message) => {
  expect(await refusal(() => void pair(change))).toContain(message);
});

test("addresses that are outputs give each step the same inputs as strings", async () => {
  const output = <T extends { readonly address: pulumi.Input<string> }>(one: T) => ({
    ...one,
    address: pulumi.output(one.address),
  });
  const plain = await serving({}, { masters: [master] });
  const change = {
    virtualIp: output(good.virtualIp),
    nodes: good.nodes.map(output),
    apiServers: good.apiServers.map(output),
  };
  const resources = await serving(change, { masters: [output(master)] });
  for (const { name, inputs } of plain.values()) {
    expect([name, step(resources, name).inputs]).toEqual([name, inputs]);
  }
});

test("a pair's inputs in the state have no host keys, and the password as a secret", async () => {
  const virtualIp = { address: "192.168.2.140", vrrpVersion: 2, password: "canary" };
  const { inputs } = step(await deployed({ virtualIp }), "k8s-managers");
  expect(hidden(inputs.virtualIp.password)).toBe("canary");
  expect(inputs.nodes).toEqual([lb1, lb2].map(({ name, address, priority }) => ({ name, address, priority })));
});
