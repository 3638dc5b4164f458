import { nameFindings } from "../../../components/preflight/name-findings";

const stack = { cluster: "kube-control.example.com:6443", virtualIp: "192.168.2.140" };
const findings = (facts: Record<string, string>) => nameFindings("k8s-worker1", facts, stack);

test.each([
  ["Debian's order", "files dns"],
  ["systemd-resolved first", "mymachines resolve [!UNAVAIL=return] files myhostname dns"],
  ["no line in nsswitch.conf", ""],
])("%s is not a finding", (_what, lookups) => expect(findings({ lookups })).toEqual([]));

test.each(["dns files", "dns", "myhostname [NOTFOUND=continue] dns files"])(
  "a node that asks DNS before its files (%s) is a finding with a remedy",
  (lookups) =>
    expect(findings({ lookups })).toEqual([
      expect.stringMatching(
        /^k8s-worker1: resolves names in the order .*\. Put files before dns in .*nsswitch\.conf there\.$/,
      ),
    ]),
);

test("a node that does not ask DNS is a finding with a remedy", () =>
  expect(findings({ lookups: "files sss" })).toEqual([
    expect.stringMatching(/^k8s-worker1: resolves names in the order files, sss, without DNS\. Add dns to /),
  ]));

test("a name in .local that only multicast DNS resolves is a finding", () => {
  const lookups = "files mdns4_minimal [NOTFOUND=return] dns";
  const inLocal = { ...stack, cluster: "kube.local:6443" };
  expect(nameFindings("k8s-worker1", { lookups }, inLocal)).toEqual([
    expect.stringMatching(/kube\.local is not found/),
  ]);
  expect(nameFindings("k8s-worker1", { lookups: "files mdns4_minimal dns" }, inLocal)).toEqual([]);
  expect(findings({ lookups })).toEqual([]);
});

test("another line of the name in /etc/hosts is a finding unless it has the virtual IP", () => {
  expect(findings({ "hosts-lines": "192.168.2.140" })).toEqual([]);
  expect(findings({ "hosts-lines": "192.168.2.151 192.168.2.140" })).toEqual([
    expect.stringMatching(
      /^k8s-worker1: \/etc\/hosts maps kube-control\.example\.com to 192\.168\.2\.151, in a line that .* Remove that line there/,
    ),
  ]);
});
