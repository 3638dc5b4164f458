import { crossFindings, type FindingOptions, hostFindings, virtualIpFindings } from "../../../components/preflight";
import { type Clock, clockOf, type Expectation, type Facts, parseFacts } from "../../../host/facts";

const master: Expectation = {
  name: "k8s-master1",
  address: "192.168.2.151",
  roles: ["master"],
  tcpPorts: { 6443: ["kube-apiserver"] },
  udpPorts: {},
  packages: { containerd: "containerd" },
};
const monitor: Expectation = {
  name: "monitor",
  address: "192.168.2.160",
  roles: ["monitor"],
  tcpPorts: {},
  udpPorts: { 15141: ["docker-proxy"] },
  packages: { "docker.io": "dockerd" },
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
    "tmp-kib 102400",
    "addresses 127.0.0.1 192.168.2.151 ",
    "tcp-6443 ",
    "docker absent",
  ].join("\n"),
);
const findings = (change: Facts, host = master, allowed: Partial<FindingOptions> = {}) =>
  hostFindings(
    host,
    { ...healthy, ...change },
    {
      swapAllowed: false,
      cgroupV1Allowed: false,
      cluster: "kube.example.com:6443",
      podNetwork: "flannel",
      virtualIp: "192.168.2.140",
      ...allowed,
    },
  );

test("a healthy host has no findings, also if kube-control's programs run there", () => {
  expect(findings({})).toEqual([]);
  expect(findings({ "tcp-6443": "kube-apiserver" })).toEqual([]);
});

test.each<[string, Facts, RegExp]>([
  ["another host name", { hostname: "debian" }, /^k8s-master1: has the host name debian\. Run hostnamectl/],
  [
    "a host name with capitals",
    { hostname: "K8s-Master1" },
    /has the host name K8s-Master1\. .*set-hostname k8s-master1 /,
  ],
  ["a host name with a domain", { hostname: "k8s-master1.example.com" }, /set-hostname k8s-master1 /],
  ["a finding of nodeFindings", { "cni-files": "05-old.conflist" }, /05-old\.conflist/],
  ["a system other than Debian", { os: "fedora " }, /is not Debian or Ubuntu/],
  ["a system without systemd", { systemd: "" }, /is not Debian or Ubuntu/],
  ["an old Debian", { "os-version": "11" }, /runs debian 11, .* Upgrade it to debian 12 or newer/],
  ["an old Ubuntu", { os: "ubuntu debian", "os-version": "18.04" }, /runs ubuntu 18\.04, .* ubuntu 22\.04 or newer/],
  ["a full /tmp", { "tmp-kib": "12" }, /has 12 KiB free in \/tmp\. .*10240 KiB/],
  ["a /tmp that is read-only", { "tmp-kib": "" }, /cannot write to \/tmp\. .*make it writable/],
  ["a missing ip command", { iproute2: "" }, /apt-get install iproute2/],
  [
    "another address",
    { addresses: "127.0.0.1 10.0.0.4" },
    /does not have the address 192\.168\.2\.151; it has 127\.0\.0\.1, 10\.0\.0\.4/,
  ],
  ["swap", { swap: "/dev/sda2" }, /swap is on \(\/dev\/sda2\).*swapoff --all/],
  ["cgroup v1", { cgroup: "v1" }, /runs cgroup v1: .*v1\.35 and newer.*failCgroupV1/],
  ["little memory", { "memory-mib": "900" }, /has 900 MiB of memory\. Give a master at least 1700 MiB/],
  ["one CPU", { cpus: "1" }, /has 1 CPU/],
  ["a port in use", { "tcp-6443": "nginx" }, /another program uses tcp port 6443: nginx/],
])("%s is one finding with a remedy", (_what, change, finding) => {
  expect(findings(change)).toEqual([expect.stringMatching(finding)]);
});

test("newer and derived releases are not findings, nor is swap that kubelet allows", () => {
  expect(findings({ "os-version": "13" })).toEqual([]);
  expect(findings({ os: "ubuntu debian", "os-version": "24.04" })).toEqual([]);
  expect(findings({ os: "debian ", "os-version": "" })).toEqual([]);
  expect(findings({ os: "linuxmint ubuntu debian", "os-version": "21" })).toEqual([]);
  expect(findings({ swap: "/dev/sda2" }, master, { swapAllowed: true })).toEqual([]);
});

test("cgroup v1 is not a finding if it is accepted, or on a host without kubelet", () => {
  expect(findings({ cgroup: "v1" }, master, { cgroupV1Allowed: true })).toEqual([]);
  expect(findings({ hostname: "monitor", addresses: "192.168.2.160", cgroup: "v1" }, monitor)).toEqual([]);
});

test("a monitor is checked for its UDP port and for a Docker that answers", () => {
  const on = { hostname: "monitor", addresses: "192.168.2.160" };
  expect(findings({ ...on, "udp-15141": "docker-proxy" }, monitor)).toEqual([]);
  expect(findings({ ...on, "udp-15141": "rsyslogd", docker: "silent", "memory-mib": "500" }, monitor)).toEqual([
    expect.stringMatching(/another program uses udp port 15141: rsyslogd/),
    expect.stringMatching(/Docker does not answer/),
  ]);
});

test("hosts with the same machine-id or with different clocks are findings", () => {
  const facts = { one: { "machine-id": "a" }, two: { "machine-id": "a" }, three: { "machine-id": "" } };
  expect(crossFindings(facts, [])).toEqual([
    expect.stringMatching(/^one, two: have the same \/etc\/machine-id/),
    expect.stringMatching(/^three: has no \/etc\/machine-id/),
  ]);
  const clock = (name: string, ahead: number, uncertainty: number): Clock => ({ name, ahead, uncertainty });
  const clocks = [clock("one", 100, 20), clock("two", 3000, 900), clock("three", -50, 10)];
  expect(crossFindings({}, clocks)).toEqual([expect.stringMatching(/^two, three: their clocks are 3\.0 s apart/)]);
  expect(crossFindings({}, [clock("one", 100, 20), clock("two", 2500, 900)])).toEqual([]);
});

test("the offset of a clock is uncertain by half a second and half the request's time", () => {
  expect(clockOf("one", "1700000000", [1_700_000_000_200, 1_700_000_000_700])).toEqual({
    name: "one",
    ahead: 50,
    uncertainty: 750,
  });
});

test.each(["", "1700000000123456789", "before[$(touch /tmp/x)0]", "1700000000\n1", "-1", "1e9"])(
  "a text that is not a time gives no clock: %j",
  (printed) => expect(clockOf("one", printed, [0, 1])).toBeUndefined(),
);

describe("an existing Kubernetes on a future node", () => {
  const mark = "cluster kube.example.com:6443 node k8s-master1 role master ca cafe";

  test.each<[string, Facts]>([
    ["of this cluster", { kubernetes: "present", "mark-member": mark }],
    [
      "of this cluster, by an earlier version's mark",
      { kubernetes: "present", "mark-member": "join of kube.example.com" },
    ],
    ["whose set-up was interrupted", { kubernetes: "present", "mark-begun": mark }],
  ])("is not a finding: %s", (_, facts) => expect(findings(facts)).toEqual([]));

  test.each<[string, Facts, RegExp]>([
    ["that kube-control did not set up", { kubernetes: "present" }, /did not set up.*kubeadm reset -f/],
    [
      "of another cluster",
      { kubernetes: "present", "mark-member": mark.replace("kube.example.com", "other.example.com") },
      /another cluster: expected kube\.example\.com:6443, found other\.example\.com:6443/,
    ],
    [
      "whose mark was lost in a power failure",
      { kubernetes: "present", "mark-member": "" },
      /is incomplete.* run there: printf 'cluster kube\.example\.com:6443\\nnode k8s-master1\\nrole master\\n' \| sudo tee/,
    ],
  ])("is a finding: %s", (_, facts, finding) => {
    expect(findings(facts)).toEqual([expect.stringMatching(finding)]);
  });
});

describe("a load balancer", () => {
  const loadBalancer: Expectation = {
    name: "haproxy-lb1",
    address: "192.168.2.141",
    roles: ["load balancer"],
    tcpPorts: { 6443: ["haproxy"] },
    udpPorts: {},
    packages: {},
  };
  const on = { hostname: "haproxy-lb1", addresses: "192.168.2.141" };

  test.each([
    ["haproxy", "HAProxy", "/etc/haproxy/haproxy.cfg"],
    ["keepalived", "Keepalived", "/etc/keepalived/keepalived.conf"],
  ])("whose %s has another purpose is a finding with a remedy", (program, name, file) => {
    expect(findings({ ...on, [program]: "other" }, loadBalancer)).toEqual([
      `haproxy-lb1: its ${name} is used for something else: kube-control did not write ${file}, and would replace it. ` +
        `Use another host, or if nobody needs this service, run there: sudo systemctl disable --now ${program}`,
    ]);
    expect(findings({ [program]: "other" })).toEqual([]);
  });

  test("of another cluster has no further finding", () => {
    const owner = "cluster other.example.com:6443 node haproxy-lb1 role load balancer";
    expect(findings({ ...on, "load-balancer-owner": owner, haproxy: "other" }, loadBalancer)).toEqual([
      expect.stringMatching(
        /is a load balancer of another cluster: expected kube\.example\.com:6443, found other.*Use another host, .*systemctl disable --now keepalived/,
      ),
    ]);
  });
});

describe("the virtual IP", () => {
  const vip = "192.168.2.140";
  const [ours, others] = ["52:54:00:00:00:42", "52:54:00:12:34:56"];
  const lb = (addresses: string, neighbours?: string): Facts => ({
    addresses,
    ...(neighbours === undefined ? {} : { neighbours }),
  });

  test("is in use if another host answers for it; each MAC address is one finding", () => {
    const answer = `${vip}=${others} 192.168.2.142=${ours}`;
    const found = virtualIpFindings(vip, { lb1: lb("192.168.2.141", answer), lb2: lb("192.168.2.142", answer) });
    expect(found).toEqual([
      expect.stringMatching(
        new RegExp(
          `^kube-control:virtualIp\\.address: another host .* ${vip}: it answered lb1, lb2 with .* ${others}\\.`,
        ),
      ),
    ]);
  });

  test.each<[string, Readonly<Record<string, Facts>>]>([
    ["no host answers", { lb1: lb("192.168.2.141", "") }],
    [
      "our Keepalived holds it",
      { lb1: lb("192.168.2.141", `${vip}=${others}`), lb2: { ...lb(`192.168.2.142 ${vip}`), "router-id": "lb2" } },
    ],
    [
      "a load balancer that does not answer SSH has it",
      { lb1: lb("192.168.2.141", `${vip}=${ours} 192.168.2.142=${ours}`) },
    ],
    [
      "one of the load balancers knows the owner of the MAC address",
      { lb1: lb("192.168.2.141", `${vip}=${ours}`), lb3: lb("192.168.2.143", `${vip}=${ours} 192.168.2.142=${ours}`) },
    ],
    ["a host reports a text that is not a MAC address", { lb1: lb("192.168.2.141", `${vip}=\u001b[31m`) }],
  ])("is not in use if %s", (_what, facts) => expect(virtualIpFindings(vip, facts)).toEqual([]));

  test("is in use if the network configuration of a host contains it", () => {
    const facts = { lb1: lb("192.168.2.141"), monitor: lb(`192.168.2.160 ${vip}`) };
    expect(virtualIpFindings(vip, facts)).toEqual([
      expect.stringMatching(
        /^monitor: has the virtual IP 192\.168\.2\.140, which kube-control did not configure\..*netplan/,
      ),
    ]);
  });
});
