import fc from "fast-check";
import { budgetsOf, type Timing, timingWarnings } from "../../../components/haproxy-pair/timing";

const usual: Timing = {
  haproxy: {},
  virtualIp: {},
  loadBalancers: [{ priority: 250 }, { priority: 240 }],
  kubernetes: { shutdownDelay: 2, etcd: { electionTimeout: 300 } },
};
const haproxy = (change: Timing["haproxy"]): Timing => ({ ...usual, haproxy: change });
const virtualIp = (change: Timing["virtualIp"]): Timing => ({ ...usual, virtualIp: change });
const kubernetes = (shutdownDelay: number, electionTimeout = 300): Timing => ({
  ...usual,
  kubernetes: { shutdownDelay, etcd: { electionTimeout } },
});

test("the defaults have the expected times and give no warning", () => {
  expect(budgetsOf(usual)).toEqual({ serverOut: 300, connecting: 300, holderMissed: 123, leaderMissed: 600 });
  expect(timingWarnings(usual)).toEqual([]);
});

test.each<[string, Timing]>([
  ["VRRP version 2 with its default advert interval", virtualIp({ vrrpVersion: 2 })],
  ["an advert interval of 0.2 s", virtualIp({ advertInterval: 0.2 })],
  ["etcd's own default of the election timeout", kubernetes(2, 1000)],
  ["a check interval of 1 s", haproxy({ checkInterval: "1s" })],
])("%s gives no warning", (_what, timing) => expect(timingWarnings(timing)).toEqual([]));

test.each<[string, Timing, RegExp]>([
  [
    "a check that takes longer than the shutdown delay",
    haproxy({ checkInterval: "2s" }),
    /^kube-control:haproxy\.checkInterval: with 2s, HAProxy takes up to 2\.1 s .* serves on for 2 s \(kube-control:kubernetes\.shutdownDelay\).* Set checkInterval to 1899ms or less, or shutdownDelay to 3 before/,
  ],
  [
    "a shutdown delay of 0 s",
    kubernetes(0),
    /checkInterval: with 200ms, HAProxy takes up to 0\.3 s .* serves on for 0 s .* Set shutdownDelay to 1 before/,
  ],
  [
    "a check that takes longer than any shutdown delay",
    haproxy({ checkInterval: "5m" }),
    /takes up to 300\.1 s .* Set checkInterval to 1899ms or less\.$/,
  ],
  [
    "a connect timeout whose retries take longer than a client waits",
    haproxy({ connectTimeout: "1s" }),
    /^kube-control:haproxy\.connectTimeout: with 1s, .* up to 6 s \(6 times\), .* after 1 s\. Set 166ms or less\.$/,
  ],
  [
    "an advert interval of 1 s",
    virtualIp({ advertInterval: 1 }),
    /^kube-control:virtualIp\.advertInterval: with 1 s, .* up to 3\.06 s .* Set 0\.2 or less; the default is 0\.04\.$/,
  ],
  [
    "an advert interval of 3 s with VRRP version 2",
    virtualIp({ vrrpVersion: 2, advertInterval: 3 }),
    /advertInterval: with 3 s, .* up to 9\.19 s .* Set 1, or choose VRRP version 3\.$/,
  ],
  [
    "an election that takes longer than HAProxy's check timeout",
    kubernetes(2, 2000),
    /^kube-control:kubernetes\.etcd\.electionTimeout: with 2000 ms, .* for 4 s .* after 3 s and refuses clients. Set 1500 or less before/,
  ],
])("%s gives a warning with its times and a remedy", (_what, timing, warning) => {
  expect(timingWarnings(timing)).toEqual([expect.stringMatching(warning)]);
});

test("all warnings are given together, in a fixed order", () => {
  const slow: Timing = {
    haproxy: { connectTimeout: "5s", checkInterval: "2s" },
    virtualIp: { advertInterval: 1 },
    loadBalancers: [{ priority: 100 }, { priority: 120 }],
    kubernetes: { shutdownDelay: 1, etcd: { electionTimeout: 5000 } },
  };
  expect(timingWarnings(slow).map((warning) => /^kube-control:([^:]*):/.exec(warning)?.[1])).toEqual([
    "haproxy.checkInterval",
    "haproxy.connectTimeout",
    "virtualIp.advertInterval",
    "kubernetes.etcd.electionTimeout",
  ]);
});

test("the advised values give no further warning", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 1, max: 90_000 }),
      fc.integer({ min: 0, max: 60 }),
      (checkInterval, connectTimeout, shutdownDelay) => {
        const timing = {
          ...kubernetes(shutdownDelay),
          haproxy: { checkInterval: `${checkInterval}ms`, connectTimeout: `${connectTimeout}ms` },
        };
        const said = timingWarnings(timing).join("\n");
        const advised = (what: RegExp) => what.exec(said)?.[1];
        const delay = advised(/shutdownDelay to (\d+)/);
        const connect = advised(/Set (\d+ms) or less\.$/m);
        const interval = advised(/checkInterval to (\d+ms)/);
        const haproxyAdvised = { ...timing.haproxy, ...(connect === undefined ? {} : { connectTimeout: connect }) };
        if (delay !== undefined) {
          expect(timingWarnings({ ...kubernetes(Number(delay)), haproxy: haproxyAdvised })).toEqual([]);
        }
        if (interval !== undefined) {
          expect(timingWarnings({ ...timing, haproxy: { ...haproxyAdvised, checkInterval: interval } })).toEqual([]);
        }
        // a warning always contains a value
        expect(said).not.toContain("Set .");
      },
    ),
  );
});

test("if a change of one time is not enough, the advice is to remove both", () => {
  const timing = { ...kubernetes(0), haproxy: { checkInterval: "60s" } };
  expect(timingWarnings(timing)).toEqual([expect.stringMatching(/Leave both out: the defaults fit each other\.$/)]);
});

test("the failover time depends on the successor's priority, not on the order of the list", () => {
  const of = (...priorities: number[]) =>
    budgetsOf({ ...usual, loadBalancers: priorities.map((priority) => ({ priority })) }).holderMissed;
  expect(of(100, 254, 1)).toBe(of(254, 100, 1));
  expect(of(254, 1)).toBeGreaterThan(of(254, 253));
});
