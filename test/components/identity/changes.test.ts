import {
  type ListedHost,
  partByTokens,
  refusalMessage,
  refusals,
  type StackIdentity,
  tokenOf,
} from "../../../components/identity/changes";
import type { Role } from "../../../host/facts";

const host = (name: string, last: number, role: Role): ListedHost => ({ name, address: `192.0.2.${last}`, role });
const masters = [host("m1", 11, "master"), host("m2", 12, "master"), host("m3", 13, "master")];
const workers = [host("w1", 21, "worker"), host("w2", 22, "worker")];
const balancers = [host("lb1", 31, "load balancer"), host("lb2", 32, "load balancer")];
const monitor = [host("mon", 41, "monitor")];

function stack(hosts: readonly ListedHost[], changes: Partial<StackIdentity> = {}): StackIdentity {
  const decided = {
    "endpoint.fqdn": "kube.example.com",
    "endpoint.port": "6443",
    "kubernetes.podSubnet": "10.244.0.0/16",
    "kubernetes.serviceSubnet": "10.96.0.0/12",
    "kubernetes.encryptionAtRest": "true",
  };
  const initOnly = { "kubernetes.etcd.electionTimeout": "300", "kubernetes.kubelet": "{}" };
  return { decided, initOnly, hosts, machines: {}, authority: "", ...changes };
}
const all = [...masters, ...workers, ...balancers, ...monitor];
const before = stack(all);
const without = (...gone: readonly ListedHost[]) => all.filter((one) => !gone.includes(one));
const settingsOf = (after: StackIdentity, old = before) => refusals(old, after).map(({ setting }) => setting);

test.each([
  ["endpoint.fqdn", "other.example.com"],
  ["endpoint.port", "7443"],
  ["kubernetes.podSubnet", "10.9.0.0/16"],
  ["kubernetes.serviceSubnet", "10.97.0.0/16"],
  ["kubernetes.encryptionAtRest", "false"],
])("a changed %s is refused with old and new value, reason and token", (setting, value) => {
  const after = stack(all, { decided: { ...before.decided, [setting]: value } });
  const [refusal] = refusals(before, after);
  expect(refusal).toMatchObject({ setting, before: before.decided[setting], after: value });
  const message = refusalMessage(refusals(before, after)) ?? "";
  for (const part of [`kube-control:${setting}`, value, refusal!.reason, refusal!.lost, tokenOf(refusal!)]) {
    expect(message).toContain(part);
  }
});

test("settings that are applied to a running cluster may change", () => {
  const initOnly = { "kubernetes.etcd.electionTimeout": "1000", "kubernetes.kubelet": '{"maxPods":200}' };
  expect(refusals(before, stack(all, { initOnly }))).toEqual([]);
});

const kubelet = (fields: object) => ({
  initOnly: { ...before.initOnly, "kubernetes.kubelet": JSON.stringify(fields) },
});

test.each([
  ["cpuManagerPolicy", "static", "/var/lib/kubelet/cpu_manager_state"],
  ["memoryManagerPolicy", "Static", "/var/lib/kubelet/memory_manager_state"],
  ["cgroupRoot", "/pods", "cgroups"],
  ["cgroupsPerQOS", false, "cgroups"],
])("a changed %s of kubelet is refused, whether it was set or not", (field, value, reason) => {
  const [refusal, ...others] = refusals(before, stack(all, kubelet({ [field]: value })));
  expect([refusal?.setting, others]).toEqual([`kubernetes.kubelet.${field}`, []]);
  expect([refusal?.reason, refusal?.instead]).toEqual([
    expect.stringContaining(reason),
    expect.stringContaining("drain the node"),
  ]);
  expect(settingsOf(before, stack(all, kubelet({ [field]: value })))).toEqual([`kubernetes.kubelet.${field}`]);
});

test("a field of kubelet that is set to kubelet's own default is not a change", () => {
  const usual = { cpuManagerPolicy: "none", memoryManagerPolicy: "None", cgroupRoot: "", cgroupsPerQOS: true };
  expect(settingsOf(stack(all, kubelet(usual)))).toEqual([]);
});

describe("the encryption of Secrets", () => {
  const key = (encryptionAtRest: boolean, generation?: number) =>
    stack(all, {
      decided: {
        ...before.decided,
        "kubernetes.encryptionAtRest": String(encryptionAtRest),
        ...(generation === undefined ? {} : { "kubernetes.encryptionKeyGeneration": String(generation) }),
      },
    });

  test.each<[string, StackIdentity, StackIdentity, string[]]>([
    ["a second key", key(true), key(true, 2), []],
    ["a key several numbers higher", key(true, 2), key(true, 7), []],
    ["a lower number", key(true, 3), key(true, 2), ["kubernetes.encryptionKeyGeneration"]],
    ["no number any more", key(true, 3), key(true), ["kubernetes.encryptionKeyGeneration"]],
    ["turned on with a second key", key(false), key(true, 2), []],
    ["turned on with the first key", key(false), key(true), ["kubernetes.encryptionAtRest"]],
    ["turned off", key(true, 2), key(false), ["kubernetes.encryptionAtRest"]],
    ["nothing changed", key(true, 2), key(true, 2), []],
  ])("%s", (_, old, after, refused) => expect(settingsOf(after, old)).toEqual(refused));

  test("the refusal to turn it on says which other setting makes it possible", () => {
    expect(refusals(key(false), key(true))[0]?.instead).toBe(
      "Set kube-control:kubernetes.encryptionKeyGeneration to 2 as well.",
    );
  });
});

test("another size of the nodes' subnets is refused, whether it was set or not", () => {
  const setting = "kubernetes.controllerManager.extraArgs.node-cidr-mask-size";
  const mask = (size: string) => stack(all, { decided: { ...before.decided, [setting]: size } });
  expect([settingsOf(mask("26")), settingsOf(before, mask("26")), settingsOf(mask("24"))]).toEqual([
    [setting],
    [setting],
    [],
  ]);
});

test("a setting that the earlier state does not contain is not a change", () => {
  expect(settingsOf(stack(all, { initOnly: { ...before.initOnly, "kubernetes.shutdownDelay": "2" } }))).toEqual([]);
});

describe("changes of hosts that are allowed", () => {
  const cases: [string, readonly ListedHost[]][] = [
    ["no change", all],
    ["a new machine under the same name and address", all.map((one) => ({ ...one, hostKey: "ssh-ed25519 NEW" }))],
    ["a new name and address in the place of a master", [...without(masters[2]!), host("m4", 14, "master")]],
    ["the first master removed and another one added", [host("m4", 14, "master"), ...without(masters[0]!)]],
    ["masters in another order", [masters[2]!, masters[0]!, masters[1]!, ...workers, ...balancers, ...monitor]],
    ["two masters removed", without(masters[1]!, masters[2]!)],
    ["two masters added", [...all, host("m4", 14, "master"), host("m5", 15, "master")]],
    ["all workers replaced", [...without(...workers), host("w3", 23, "worker")]],
    ["one load balancer replaced", [...without(balancers[1]!), host("lb3", 33, "load balancer")]],
    ["another monitor", [...without(...monitor), host("mon2", 42, "monitor")]],
  ];
  test.each(cases)("%s", (_, hosts) => expect(settingsOf(stack(hosts))).toEqual([]));
});

describe("changes of hosts that are refused", () => {
  const replaced = (old: ListedHost, changes: Partial<ListedHost>) =>
    all.map((one) => (one === old ? { ...one, ...changes } : one));
  const cases: [string, readonly ListedHost[], string[]][] = [
    ["all masters replaced", [...without(...masters), host("n1", 51, "master")], ["masters"]],
    [
      "all load balancers replaced",
      [...without(...balancers), host("lb3", 33, "load balancer"), host("lb4", 34, "load balancer")],
      ["loadBalancers"],
    ],
    ["only the name of a master", replaced(masters[2]!, { name: "cp3" }), ["masters"]],
    ["only the name of a worker", replaced(workers[0]!, { name: "x1" }), ["workers"]],
    ["only the name of the monitor", replaced(monitor[0]!, { name: "mon2" }), ["monitor"]],
    ["only the address of a master", replaced(masters[1]!, { address: "192.0.2.99" }), ["masters"]],
    ["only the address of a worker", replaced(workers[1]!, { address: "192.0.2.99" }), ["workers"]],
    ["a master that becomes a worker", replaced(masters[2]!, { role: "worker" }), ["workers"]],
    ["a worker that becomes a master", replaced(workers[0]!, { role: "master" }), ["masters"]],
    ["a worker that becomes a load balancer", replaced(workers[0]!, { role: "load balancer" }), ["loadBalancers"]],
    [
      "both load balancers renamed",
      [...without(...balancers), host("a", 31, "load balancer"), host("b", 32, "load balancer")],
      ["loadBalancers", "loadBalancers"],
    ],
    [
      "two masters swapped",
      [host("m1", 12, "master"), host("m2", 11, "master"), masters[2]!, ...workers, ...balancers, ...monitor],
      ["masters", "masters"],
    ],
    [
      "a worker and a master swapped",
      [
        masters[0]!,
        masters[1]!,
        host("m3", 21, "master"),
        host("w1", 13, "worker"),
        workers[1]!,
        ...balancers,
        ...monitor,
      ],
      ["masters", "workers"],
    ],
  ];
  test.each(cases)("%s", (_, hosts, settings) => {
    const found = refusals(before, stack(hosts));
    expect(found.map(({ setting }) => setting)).toEqual(settings);
    for (const one of found) expect(one.instead).toMatch(/twice/);
  });
});

test("a machine that had another name is refused because of its machine id", () => {
  const old = stack(all, { machines: { m3: "aaaa" } });
  const after = stack([...without(masters[2]!), host("m4", 14, "master")], { machines: { m4: "aaaa" } });
  expect(settingsOf(after, old)).toEqual(["masters"]);
});

test("a new machine id under the same name and address is allowed", () => {
  const old = stack(all, { machines: { m3: "aaaa" } });
  expect(settingsOf(stack(all, { machines: { m3: "bbbb" } }), old)).toEqual([]);
});

test("masters with another CA are refused", () => {
  expect(settingsOf(stack(all, { authority: "bbbb" }), stack(all, { authority: "aaaa" }))).toEqual(["masters"]);
  expect(settingsOf(stack(all, { authority: "bbbb" }))).toEqual([]);
});

test("the first record of a stack refuses any change of hosts, also an addition", () => {
  const added = stack([...all, host("w3", 23, "worker")]);
  expect(refusals(before, added, true)).toHaveLength(1);
  expect(refusals(before, before, true)).toEqual([]);
});

test("a token confirms its own change and no other one", () => {
  const decided = { ...before.decided, "kubernetes.podSubnet": "10.9.0.0/16", "endpoint.port": "7443" };
  const found = refusals(before, stack(all, { decided }));
  const [port, pods] = found;
  const { refused, passed } = partByTokens(found, tokenOf(pods!));
  expect([refused, passed]).toEqual([[port], [pods]]);
  expect(partByTokens(found, `${tokenOf(port!)},${tokenOf(pods!)}`).refused).toEqual([]);
  const others = refusals(
    before,
    stack(all, { decided: { ...before.decided, "kubernetes.podSubnet": "10.8.0.0/16" } }),
  );
  expect(partByTokens(others, tokenOf(pods!)).refused).toEqual(others);
});
