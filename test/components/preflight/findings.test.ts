import { crossFindings, type FindingOptions, hostFindings } from "../../../components/preflight";
import { type Clock, clockOf, type Expectation, type Facts, parseFacts } from "../../../host/facts";

const master: Expectation = {
  name: "k8s-master1",
  address: "192.168.2.151",
  roles: ["master"],
  tcpPorts: { 6443: ["kube-apiserver"] },
  udpPorts: {},
};
const monitor: Expectation = {
  name: "monitor",
  address: "192.168.2.160",
  roles: ["monitor"],
  tcpPorts: {},
  udpPorts: { 15141: ["docker-proxy"] },
};
const healthy: Facts = parseFacts(
  [
    "hostname k8s-master1",
    "os debian ",
    "os-version 12",
    "apt /usr/bin/apt-get",
    "systemd running",
    "machine-id 0123",
    "memory-mib 4096",
    "cpus 2",
    "swap ",
    "cgroup v2",
    "iproute2 /usr/sbin/ip",
    "addresses 127.0.0.1 192.168.2.151 ",
    "tcp-6443 ",
    "docker absent",
  ].join("\n"),
);
const findings = (change: Facts, host = master, allowed: Partial<FindingOptions> = {}) =>
  hostFindings(
    host,
    { ...healthy, ...change },
    { swapAllowed: false, cgroupV1Allowed: false, cluster: "kube.example.com:6443", ...allowed },
  );

test("a host as it should be has no findings, and what kube-control itself runs there is none", () => {
  expect(findings({})).toEqual([]);
  expect(findings({ "tcp-6443": "kube-apiserver" })).toEqual([]);
});

test.each<[string, Facts, RegExp]>([
  ["another host name", { hostname: "debian" }, /^k8s-master1: calls itself debian\. Run hostnamectl/],
  ["no Debian", { os: "fedora " }, /no Debian or Ubuntu/],
  ["no systemd", { systemd: "" }, /no Debian or Ubuntu/],
  ["an old Debian", { "os-version": "11" }, /runs debian 11, .* Upgrade it to debian 12 or newer/],
  ["an old Ubuntu", { os: "ubuntu debian", "os-version": "18.04" }, /runs ubuntu 18\.04, .* ubuntu 22\.04 or newer/],
  ["no ip command", { iproute2: "" }, /apt-get install iproute2/],
  [
    "another address",
    { addresses: "127.0.0.1 10.0.0.4" },
    /has not the address 192\.168\.2\.151, but 127\.0\.0\.1, 10\.0\.0\.4/,
  ],
  ["swap", { swap: "/dev/sda2" }, /has swap on \(\/dev\/sda2\).*swapoff --all/],
  ["cgroup v1", { cgroup: "v1" }, /runs cgroup v1, .*v1\.35 on.*failCgroupV1/],
  ["little memory", { "memory-mib": "900" }, /has 900 MiB of memory\. Give a master at least 1700 MiB/],
  ["one CPU", { cpus: "1" }, /has 1 CPU/],
  ["a taken port", { "tcp-6443": "nginx" }, /tcp port 6443 is taken by nginx/],
])("%s is one finding that says what to do", (_what, change, finding) => {
  expect(findings(change)).toEqual([expect.stringMatching(finding)]);
});

test("newer, derived and unnumbered releases pass; swap does where kubelet allows it", () => {
  expect(findings({ "os-version": "13" })).toEqual([]);
  expect(findings({ os: "ubuntu debian", "os-version": "24.04" })).toEqual([]);
  expect(findings({ os: "debian ", "os-version": "" })).toEqual([]);
  expect(findings({ os: "linuxmint ubuntu debian", "os-version": "21" })).toEqual([]);
  expect(findings({ swap: "/dev/sda2" }, master, { swapAllowed: true })).toEqual([]);
});

test("cgroup v1 passes where the configuration accepts it, and on hosts that run no kubelet", () => {
  expect(findings({ cgroup: "v1" }, master, { cgroupV1Allowed: true })).toEqual([]);
  expect(findings({ hostname: "monitor", addresses: "192.168.2.160", cgroup: "v1" }, monitor)).toEqual([]);
});

test("what a monitor is asked: its UDP port and a Docker that answers", () => {
  const on = { hostname: "monitor", addresses: "192.168.2.160" };
  expect(findings({ ...on, "udp-15141": "docker-proxy" }, monitor)).toEqual([]);
  expect(findings({ ...on, "udp-15141": "rsyslogd", docker: "silent", "memory-mib": "500" }, monitor)).toEqual([
    expect.stringMatching(/udp port 15141 is taken by rsyslogd/),
    expect.stringMatching(/has a Docker that does not answer/),
  ]);
});

test("hosts that share a machine-id, or whose clocks differ, are found", () => {
  const facts = { one: { "machine-id": "a" }, two: { "machine-id": "a" }, three: { "machine-id": "" } };
  expect(crossFindings(facts, [])).toEqual([
    expect.stringMatching(/^one, two: the same \/etc\/machine-id/),
    expect.stringMatching(/^three: no \/etc\/machine-id/),
  ]);
  const clock = (name: string, ahead: number, uncertainty: number): Clock => ({ name, ahead, uncertainty });
  const clocks = [clock("one", 100, 20), clock("two", 3000, 900), clock("three", -50, 10)];
  expect(crossFindings({}, clocks)).toEqual([expect.stringMatching(/^two, three: their clocks are 3\.0 s apart/)]);
  expect(crossFindings({}, [clock("one", 100, 20), clock("two", 2500, 900)])).toEqual([]);
});

test("a clock is known by a whole second and the two moments between which it was told", () => {
  expect(clockOf("one", "1700000000", [1_700_000_000_200, 1_700_000_000_700])).toEqual({
    name: "one",
    ahead: 50,
    uncertainty: 750,
  });
});

test.each(["", "1700000000123456789", "before[$(touch /tmp/x)0]", "1700000000\n1", "-1", "1e9"])(
  "what is not a time is no clock: %j",
  (printed) => expect(clockOf("one", printed, [0, 1])).toBeUndefined(),
);

describe("a Kubernetes on a host that is to become a node", () => {
  const mark = "cluster kube.example.com:6443 node k8s-master1 role master ca cafe";

  test.each<[string, Facts]>([
    ["of this cluster", { kubernetes: "present", "mark-member": mark }],
    [
      "of this cluster, by an earlier version's mark",
      { kubernetes: "present", "mark-member": "join of kube.example.com" },
    ],
    ["that was begun", { kubernetes: "present", "mark-begun": mark }],
  ])("is no finding: %s", (_, facts) => expect(findings(facts)).toEqual([]));

  test.each<[string, Facts, RegExp]>([
    ["that kube-control did not make", { kubernetes: "present" }, /did not make.*kubeadm reset -f/],
    [
      "of another cluster",
      { kubernetes: "present", "mark-member": mark.replace("kube.example.com", "other.example.com") },
      /another cluster: expected kube\.example\.com:6443, found other\.example\.com:6443/,
    ],
  ])("is a finding: %s", (_, facts, finding) => {
    expect(findings(facts)).toEqual([expect.stringMatching(finding)]);
  });
});
