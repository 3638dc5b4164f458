import { nameFindings } from "../../../components/preflight/name-findings";

const stack = { cluster: "kube-control.example.com:6443", virtualIp: "192.168.2.140" };
const findings = (facts: Record<string, string>) => nameFindings("k8s-worker1", facts, stack);

test.each([
  ["Debian's order", "files dns"],
  ["systemd-resolved first", "mymachines resolve [!UNAVAIL=return] files myhostname dns"],
  ["no line in nsswitch.conf", ""],
  ["no DNS at all", "files sss"],
])("%s is no finding", (_what, lookups) => expect(findings({ lookups })).toEqual([]));

test.each(["dns files", "dns", "myhostname [NOTFOUND=continue] dns files"])(
  "a node that asks DNS before its files (%s) is told what to change",
  (lookups) =>
    expect(findings({ lookups })).toEqual([
      expect.stringMatching(
        /^k8s-worker1: looks names up in the order .*\. Put files before dns in .*nsswitch\.conf there\.$/,
      ),
    ]),
);

test("a line of others that leads the name elsewhere is to be removed; one with the virtual IP may stay", () => {
  expect(findings({ "hosts-lines": "192.168.2.140" })).toEqual([]);
  expect(findings({ "hosts-lines": "192.168.2.151 192.168.2.140" })).toEqual([
    expect.stringMatching(
      /^k8s-worker1: \/etc\/hosts leads kube-control\.example\.com to 192\.168\.2\.151, by a line that .* Remove that line there/,
    ),
  ]);
});
