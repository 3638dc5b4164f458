import { exitCodes } from "../../operate/verdict";
import { all, line, linesOf, plan, type Change, verdictOf, viewOf } from "./views";
import { judge } from "../../operate/verdict";

const unreachable = { kind: "unreachable", said: "Connection timed out" } as const;
const everywhere = (change: Change) =>
  Object.fromEntries(plan.hosts.map(({ name }) => [name, change] as const)) as Record<string, Change>;

test("a stack that is in order has no finding and exit code 0", () => {
  const verdict = verdictOf();
  expect(linesOf(verdict)).toEqual([]);
  expect([verdict.state, exitCodes[verdict.state], verdict.headline]).toEqual(["ok", 0, "Everything is in order."]);
});

test("one dead master is degraded, and the headline names the effect of one more", () => {
  const verdict = verdictOf({ "k8s-master3": unreachable });
  expect(exitCodes[verdict.state]).toBe(1);
  expect(verdict.headline).toBe(
    "You already have one failure: k8s-master3. Repair this first: one more failed master stops the cluster.",
  );
});

test("one dead load balancer is degraded, and the headline names the effect of one more", () => {
  expect(verdictOf({ "haproxy-lb2": unreachable }).headline).toBe(
    "You already have one failure: haproxy-lb2. Repair this first: one more failed load balancer stops the endpoint.",
  );
});

test("a dead monitor is degraded", () => expect(verdictOf({ monitor: unreachable }).state).toBe("degraded"));

test("without an answer of any host, the state cannot be told, even if the endpoint answers", () => {
  const verdict = verdictOf(everywhere({ kind: "failed", said: "Permission denied (publickey)." }));
  expect([verdict.state, exitCodes[verdict.state]]).toEqual(["cannot tell", 3]);
});

test("an endpoint that no host reaches by its name is down", () => {
  const verdict = verdictOf(
    everywhere(all(line("endpoint-name", "checked 000 7 "), line("endpoint-address", "checked 000 28 "))),
  );
  expect([verdict.state, exitCodes[verdict.state]]).toEqual(["down", 2]);
  expect(linesOf(verdict)).toContain(
    "down endpoint: no API server answers at kube-control.kacangisnuts.com:6443 (refused) or at 192.168.2.140 (timed out)",
  );
});

test("an endpoint whose certificate no node trusts is down, even if other hosts reach it", () => {
  const masters = ["k8s-master1", "k8s-master2", "k8s-master3"];
  const changes = Object.fromEntries(masters.map((name) => [name, line("endpoint-name", "checked 000 60 ")]));
  expect(verdictOf(changes).state).toBe("down");
});

test.each(["degraded", "unknown"] as const)("a finding that is %s has exit code 1", (level) => {
  const further = [{ key: "x", name: "x", summary: "", facts: null, findings: [{ level, what: "w", todo: "t" }] }];
  expect(judge(viewOf(), further).state).toBe("degraded");
});

test("a note alone has exit code 0", () => {
  const further = [
    { key: "x", name: "x", summary: "", facts: null, findings: [{ level: "note" as const, what: "w", todo: "t" }] },
  ];
  expect(judge(viewOf(), further).state).toBe("ok");
});

test("a host without output is unknown in every subject that reads it", () => {
  const verdict = verdictOf({ "haproxy-lb1": () => "", "k8s-master1": () => "", monitor: () => "" });
  expect(verdict.state).toBe("degraded");
  const unknown = verdict.subjects.filter(({ findings }) => findings.some(({ level }) => level === "unknown"));
  expect(unknown.map(({ name }) => name)).toEqual([
    ...["virtual IP", "HAProxy", "services", "API servers", "etcd", "hosts"],
    ...["certificates", "clocks", "disk, memory", "backup", "agent"],
  ]);
});
