import { readMaintainOptions } from "../../../operate/maintenance/arguments";
import { preview } from "../../../operate/maintenance/preview";
import { stepsOf } from "../../../operate/maintenance/steps";
import { type HostWork, workOf } from "../../../operate/maintenance/survey";
import { hostNamed, type Name, plan } from "./site";

const update = { name: "openssl", from: "3.5.1-1", to: "3.5.1-2", security: true, held: false };

const workFor = (name: Name, changes: Partial<HostWork> = {}): HostWork => ({
  ...{ host: hostNamed(name), updates: [], kept: [], reboots: [], interrupted: false, holdsVirtualIp: false },
  ...{ problems: [], ...changes },
});

const all = (changes: Partial<HostWork>, holder: Name = "haproxy-lb1") =>
  plan.hosts.map(({ name }) => workFor(name as Name, { ...changes, holdsVirtualIp: name === holder }));
const names = (steps: ReturnType<typeof stepsOf>) => steps.map(({ work }) => work.host.name);

const masters = ["k8s-master1", "k8s-master2", "k8s-master3"];

test.each(["haproxy-lb1", "haproxy-lb2"] as const)("the holder %s comes after the other load balancer", (holder) => {
  const other = holder === "haproxy-lb1" ? "haproxy-lb2" : "haproxy-lb1";
  const order = [other, holder, ...masters, "k8s-worker1", "monitor"];
  expect(names(stepsOf(all({ updates: [update] }, holder), "needed"))).toEqual(order);
});

test("an interrupted host comes first", () => {
  const works = all({ updates: [update] }).map((work) =>
    work.host.name === "k8s-master2" ? { ...work, interrupted: true } : work,
  );
  expect(names(stepsOf(works, "needed"))[0]).toBe("k8s-master2");
});

test("a host without updates is rebooted only if that is needed, or with always", () => {
  const works = [workFor("k8s-master1"), workFor("k8s-master2", { reboots: ["kernel 6.1 is installed, 6.0 runs"] })];
  expect(names(stepsOf(works, "needed"))).toEqual(["k8s-master2"]);
  expect(names(stepsOf(works, "always"))).toEqual(["k8s-master1", "k8s-master2"]);
  expect(names(stepsOf(works, "never"))).toEqual([]);
});

test("an interrupted run with always reboots only the hosts that it has not rebooted", () => {
  const works = [
    workFor("k8s-master1", { rebootRequest: { run: "run-2", pending: false } }),
    workFor("k8s-master2", { rebootRequest: { run: "run-2", pending: true }, reboots: ["requested"] }),
    workFor("k8s-master3", { rebootRequest: { run: "run-1", pending: false } }),
    workFor("k8s-worker1"),
  ];
  expect(names(stepsOf(works, "always"))).toEqual(["k8s-master2", "k8s-master3", "k8s-worker1"]);
});

test("a complete run with always does not prevent the next one", () => {
  const works = masters.map((name) => workFor(name as Name, { rebootRequest: { run: "run-1", pending: false } }));
  expect(names(stepsOf(works, "always"))).toEqual(masters);
});

test("the preview names packages, holds, reboots and effects", () => {
  const works = [
    workFor("haproxy-lb1", { holdsVirtualIp: true, reboots: ["required by linux-image-amd64"] }),
    workFor("k8s-master1", {
      updates: [update, { ...update, name: "containerd", security: false, held: true }],
      kept: ["libfoo"],
      listsAgeSeconds: 200_000,
    }),
    workFor("monitor"),
  ];
  expect(preview(plan, works, stepsOf(works, "needed"))).toMatchInlineSnapshot(`
    "prod: maintenance of 2 of 3 hosts, one after another

       1. haproxy-lb1 reboot: required by linux-image-amd64
                      the virtual IP moves to another load balancer: open connections end once
                      at most 92 minutes
       2. k8s-master1 2 packages, security updates: 1: openssl 3.5.1-2, containerd 3.5.1-2 (held)
                      containerd restarts, containers keep running
                      its package lists are 2 days old
                      held by somebody else, and not updated: libfoo
                      at most 125 minutes
          monitor     nothing to do
    "
  `);
});

test("the facts of a host are read, and an invalid package name is ignored", () => {
  const output = [
    "lists-age 12",
    "update haproxy 3.0.11-1 3.0.11-2 security held",
    "update linux-image-6.1.0-29-amd64 - 6.1.123-1 other free",
    "update $(x) 1 2 other free",
    "kept kubelet",
    "reboot-request run-7 pending",
    "holds yes",
    "complete yes",
  ].join("\n");
  const work = workOf(hostNamed("haproxy-lb1"), { kind: "answered", output, greeting: "", begun: [0, 0] });
  expect(work).toEqual({
    host: hostNamed("haproxy-lb1"),
    updates: [
      { name: "haproxy", from: "3.0.11-1", to: "3.0.11-2", security: true, held: true },
      { name: "linux-image-6.1.0-29-amd64", to: "6.1.123-1", security: false, held: false },
    ],
    kept: ["kubelet"],
    reboots: [],
    rebootRequest: { run: "run-7", pending: true },
    ...{ interrupted: false, holdsVirtualIp: true, listsAgeSeconds: 12, problems: [] },
  });
});

test.each([
  [["--reboot", "now"], /now is not always, needed or never/],
  [["--host"], /^Option '--host <value>' argument missing$/],
  [["--preview", "--yes"], /cannot be combined/],
  [["k8s-master1"], /^Unexpected argument 'k8s-master1'$/],
])("%j is refused", (args, message) => expect(() => readMaintainOptions(args)).toThrow(message));

test("--host may be repeated", () => {
  expect(readMaintainOptions(["--host", "a", "--host=b", "--reboot=always"])).toMatchObject({
    ...{ hosts: ["a", "b"], reboot: "always", preview: false, yes: false },
  });
});
