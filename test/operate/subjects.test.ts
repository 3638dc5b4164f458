import { all, type Change, fromHere, line, linesOf, plan, verdictOf } from "./views";
import type { View } from "../../operate/view";

const replace = (from: string | RegExp, to: string) => (output: string) => output.replace(from, to);
const masters = (change: (output: string) => string) =>
  Object.fromEntries(["k8s-master1", "k8s-master2", "k8s-master3"].map((name) => [name, change]));
const loadBalancers = (change: (output: string) => string) => ({ "haproxy-lb1": change, "haproxy-lb2": change });

/** The row of k8s-master3 in HAProxy's statistics, down. */
const downInHaproxy = (output: string) =>
  output
    .split("\n")
    .map((text) =>
      /^haproxy-server k8s-managers(-readyz)?,k8s-master3,/.test(text) ? text.replace(",UP,", ",DOWN,") : text,
    )
    .join("\n")
    .replace(/(k8s-managers-readyz,k8s-master3,.*)\* L7OK/, "$1* L4TOUT");

const failedBackup = (message: string) =>
  all(replace('"result":"ok"', '"result":"failed"'), replace('"message":""', `"message":"${message}"`));
/** A further archive of k8s-master1. */
const another = replace(/^(backup-archive .*)$/m, "$1\nbackup-archive k8s-master1-20261126T203000Z.tar.age 5243101");

/** The monitor with uploads to a bucket, whose last run had this result. */
const uploaded = (changes: object) => {
  const last = {
    format: 1,
    time: "2026-11-26T20:20:03Z",
    result: "ok",
    archives: 6,
    stored: 6,
    message: "",
    ...changes,
  };
  const facts = `upload-service inactive success\nupload-timer active enabled\nupload-last ${JSON.stringify(last)}\n`;
  return replace(/^complete yes$/m, `${facts}complete yes`);
};
const withBucket = { ...plan, backup: { intervalHours: 6, copyTo: "monitor", bucket: "cluster-backups" } };

type Case = [string, Record<string, Change>, string[], Partial<View>?];

const cases: Case[] = [
  // the endpoint
  [
    "a host resolves the name to another address",
    { monitor: line("name-leads-to", "192.168.2.151") },
    ["degraded endpoint: monitor resolves kube-control.kacangisnuts.com to 192.168.2.151, not to 192.168.2.140"],
  ],
  [
    "DNS on this machine resolves the name to another address",
    {},
    [
      "degraded endpoint: DNS on this machine resolves kube-control.kacangisnuts.com to 192.168.2.151, not to 192.168.2.140",
    ],
    { fromHere: { ...fromHere, name: { addresses: ["192.168.2.151"] } } },
  ],
  [
    "this machine is outside of the hosts' network",
    {},
    [
      "note endpoint: /readyz at 192.168.2.140:6443 fails from this machine: connect ETIMEDOUT",
      "note endpoint: DNS on this machine does not resolve kube-control.kacangisnuts.com: ENOTFOUND",
    ],
    { fromHere: { name: { failure: "ENOTFOUND" }, readyz: { failure: "connect ETIMEDOUT" } } },
  ],
  [
    "one host does not reach the endpoint",
    { "k8s-master2": line("endpoint-name", "checked 000 28 ") },
    ["degraded endpoint: k8s-master2 does not reach kube-control.kacangisnuts.com:6443: timed out"],
  ],
  // backups
  [
    "a backup failed",
    { "k8s-master1": failedBackup("age: error") },
    ["degraded backup: the last backup of k8s-master1 failed: age: error"],
  ],
  [
    "a backup was ended by its time limit, before it wrote its result",
    { "k8s-master1": line("backup-service", "failed timeout") },
    ["degraded backup: the last backup of k8s-master1 failed: timeout"],
  ],
  ["a backup runs", { "k8s-master1": all(line("backup-service", "activating success"), another) }, []],
  [
    "an archive has no copy",
    { "k8s-master1": another },
    [
      "degraded backup: monitor has no copy of 1 archives of k8s-master1: the newest is k8s-master1-20261126T203000Z.tar.age",
    ],
  ],
  [
    "the newest archive is too old",
    {},
    ["degraded backup: the newest archive is 13 h old; the limit is 13 h"],
    { now: new Date("2026-11-27T09:10:00Z") },
  ],
  ["the newest archive is not too old yet", {}, [], { now: new Date("2026-11-27T08:59:00Z") }],
  [
    "a master has no archive",
    { "k8s-master2": all(replace(/^backup-archive .*\n/gm, ""), line("backup-last")) },
    ["degraded backup: k8s-master2 has no archive"],
  ],
  [
    "no host has an archive",
    { ...masters(replace(/^backup-archive .*\n/gm, "")), monitor: replace(/^backup-copy .*\n/gm, "") },
    [
      "degraded backup: no host that answers has an archive",
      ...[1, 2, 3].map((number) => `degraded backup: k8s-master${number} has no archive`),
    ],
  ],
  [
    "a timer is stopped",
    { "k8s-master3": line("backup-timer", "inactive enabled") },
    ["degraded backup: the timer of the backup on k8s-master3 is inactive and enabled"],
  ],
  [
    "the stack has no backup",
    masters(replace(/^backup-.*\n/gm, "")),
    ["note backup: the stack has no backup"],
    { plan: { ...plan, backup: undefined } },
  ],
  [
    "a master has no timer",
    { "k8s-master3": all(line("backup-timer"), line("backup-service")) },
    ["unknown backup: k8s-master3 did not report the timer of its backup"],
  ],
  ["the copies are uploaded to a bucket", { monitor: uploaded({}) }, [], { plan: withBucket }],
  [
    "an upload failed",
    { monitor: uploaded({ result: "failed", message: "HTTP 403 AccessDenied" }) },
    ["degraded backup: the last upload to cluster-backups failed: HTTP 403 AccessDenied"],
    { plan: withBucket },
  ],
  [
    "an upload was ended by its time limit",
    { monitor: all(uploaded({}), replace("upload-service inactive success", "upload-service failed timeout")) },
    ["degraded backup: the last upload to cluster-backups failed: timeout"],
    { plan: withBucket },
  ],
  [
    "the timer of the uploads is stopped",
    { monitor: all(uploaded({}), line("upload-timer", "inactive disabled")) },
    ["degraded backup: the timer of the uploads on monitor is inactive and disabled"],
    { plan: withBucket },
  ],
  [
    "nothing was uploaded yet",
    { monitor: all(uploaded({}), line("upload-last")) },
    ["degraded backup: monitor has not uploaded to cluster-backups yet"],
    { plan: withBucket },
  ],
  [
    "the uploads are not set up yet",
    {},
    ["unknown backup: monitor did not report the timer of its uploads"],
    { plan: withBucket },
  ],
  [
    "a former upload failed, and the bucket was removed from the settings",
    { monitor: uploaded({ result: "failed" }) },
    [],
  ],
  // the virtual IP
  [
    "both load balancers hold the virtual IP",
    { "haproxy-lb2": line("virtual-ip", "on eth0") },
    ["degraded virtual IP: 192.168.2.140 is held by haproxy-lb1 and haproxy-lb2 at the same time"],
  ],
  [
    "no load balancer holds the virtual IP",
    loadBalancers(line("virtual-ip", "absent")),
    ["degraded virtual IP: no load balancer holds 192.168.2.140"],
  ],
  [
    "the only possible holder of the virtual IP does not answer",
    { "haproxy-lb1": { kind: "unreachable", said: "Connection timed out" } },
    [
      "unknown virtual IP: no load balancer that was read holds 192.168.2.140; haproxy-lb1 may hold it",
      "degraded hosts: haproxy-lb1 (192.168.2.141) does not answer: Connection timed out",
    ],
  ],
  // HAProxy
  [
    "a server is down in every HAProxy",
    loadBalancers(downInHaproxy),
    ["degraded HAProxy: k8s-master3 is DOWN (L4TOUT) on haproxy-lb1 and DOWN (L4TOUT) on haproxy-lb2"],
  ],
  [
    "a check of a server has just failed",
    { "haproxy-lb1": replace(/(k8s-managers(?:-readyz)?,k8s-master2,.*?),UP,/g, "$1,UP 1/2,") },
    ["note HAProxy: k8s-master2 fails checks of haproxy-lb1, but is still up"],
  ],
  [
    "one HAProxy has a wrong server",
    { "haproxy-lb1": replace(/k8s-managers(-readyz)?,k8s-master3,/g, "k8s-managers$1,k8s-master9,") },
    [
      "degraded HAProxy: k8s-master3 is not configured on haproxy-lb1",
      "degraded HAProxy: HAProxy of haproxy-lb1 has servers that are not masters: k8s-master9",
    ],
  ],
  [
    "a server is down on HAProxy's health page, and the statistics are not available",
    {
      "haproxy-lb1": all(replace(/^haproxy-(columns|server|info) .*\n/gm, ""), (output) =>
        output.replace(
          "complete yes",
          "haproxy-up 1 1 0\nhaproxy-servers k8s-master1 k8s-master2 k8s-master3 \ncomplete yes",
        ),
      ),
    },
    ["degraded HAProxy: k8s-master3 is DOWN on haproxy-lb1"],
  ],
  // services
  [
    "a service has failed",
    { "haproxy-lb2": line("unit keepalived.service", "loaded failed failed enabled 5 @1") },
    ["degraded services: keepalived on haproxy-lb2 is failed (failed)"],
  ],
  [
    "a service does not start at boot",
    { "k8s-master1": line("unit kubelet.service", "loaded active running disabled 0 @1") },
    ["degraded services: kubelet on k8s-master1 is disabled: it does not start at boot"],
  ],
  [
    "the packet filter does not exist, because the configuration has no address of the NAS",
    { monitor: line("unit kube-control-agent-filter.service", "not-found inactive dead - 0 ") },
    [],
  ],
  // API servers, etcd
  [
    "an API server is not ready",
    { "k8s-master1": line("readyz", "500 0 [+]ping ok [-]etcd failed: reason withheld") },
    [
      "degraded API servers: the API server of k8s-master1 is not ready: answers 500: [+]ping ok [-]etcd failed: reason withheld",
    ],
  ],
  [
    "etcd of a master does not answer",
    {
      "k8s-master3": all(line("etcd-status", "000 7 "), line("etcd-members", "000 7 "), line("etcd-alarms", "000 7 ")),
    },
    ["degraded etcd: etcd of k8s-master3 does not answer: refused"],
  ],
  [
    "etcd has no leader",
    { "k8s-master3": replace('"leader":"3276432107551337229",', "") },
    ["degraded etcd: etcd of k8s-master3 has no leader"],
  ],
  [
    "a master is not a member of etcd, but an unknown host is",
    masters(replace('"name":"k8s-master3"', '"name":"k8s-master9"')),
    [
      "degraded etcd: k8s-master3 is not a member of etcd",
      "degraded etcd: etcd has a member that is not a master in the configuration: k8s-master9",
    ],
  ],
  [
    "a join was interrupted",
    masters(
      replace(
        '"name":"k8s-master3","peerURLs":["https://192.168.2.153:2380"],"clientURLs":["https://192.168.2.153:2379"]',
        '"name":"k8s-master3","peerURLs":["https://192.168.2.153:2380"],"isLearner":true',
      ),
    ),
    [
      "degraded etcd: etcd has a member that has not started: 15231733221122034617",
      "degraded etcd: etcd's member k8s-master3 is a learner, which has no vote",
    ],
  ],
  [
    "etcd is out of space",
    masters(line("etcd-alarms", '200 0 {"alarms":[{"memberID":"10501334649042878790","alarm":"NOSPACE"}]}')),
    ["degraded etcd: etcd has the alarm NOSPACE of k8s-master1"],
  ],
  [
    "etcd's database is nearly full",
    { "k8s-master2": replace('"dbSize":"12881920"', '"dbSize":"1932735283"') },
    ["degraded etcd: etcd's database on k8s-master2 has 1843 MiB, 90 % of its quota"],
  ],
  // nodes and pods
  [
    "a node is not Ready, one is cordoned, one has too little disk",
    masters(
      all(
        replace(
          /("name":"k8s-master1".*?"Ready","status":)"True","reason":"KubeletReady","message":"[^"]*"/,
          '$1"Unknown","message":"Kubelet stopped posting node status."',
        ),
        replace(/("name":"k8s-master2".*?"podCIDR":"10.244.0.0\/24")/, '$1,"unschedulable":true'),
        replace(/("name":"k8s-master3".*?"DiskPressure","status":)"False"/, '$1"True"'),
      ),
    ),
    [
      "degraded nodes: node k8s-master1 is not Ready: Kubelet stopped posting node status.",
      "degraded nodes: node k8s-master2 is cordoned: no pod is scheduled there",
      "degraded nodes: node k8s-master3 has DiskPressure",
    ],
  ],
  [
    "the cluster has an unknown node instead of a master",
    masters(replace('"metadata":{"name":"k8s-master2"', '"metadata":{"name":"k8s-old"')),
    [
      "degraded nodes: the cluster has no node k8s-master2",
      "degraded nodes: the cluster has a node that is not in the configuration: k8s-old",
    ],
  ],
  [
    "the API servers list different nodes",
    { "k8s-master2": replace('"metadata":{"name":"k8s-master1"', '"metadata":{"name":"k8s-old"') },
    ["degraded nodes: the API servers list different nodes: k8s-master1 3, k8s-master2 3 and k8s-master3 3"],
  ],
  [
    "a pod of the system is not ready",
    masters(
      replace('"coredns-5d7c9c4b6f-2x7kq","1/1","Running"', '"coredns-5d7c9c4b6f-2x7kq","0/1","CrashLoopBackOff"'),
    ),
    ["degraded system pods: pod coredns-5d7c9c4b6f-2x7kq is not ready: CrashLoopBackOff, 0/1"],
  ],
  // certificates
  [
    "certificates expire in 20 days",
    {},
    [
      "note versions: the support of v1.37 ended on 2027-10-28",
      "note backup: the stack has no backup",
      ...["k8s-master1", "k8s-master2", "k8s-master3"].map(
        (name) =>
          expect.stringMatching(
            `^degraded certificates: certificates of ${name}: (19|20) days left: pki/apiserver.crt and admin.conf$`,
          ) as unknown as string,
      ),
    ],
    // recorded archives would be too old
    { now: new Date("2027-10-31T00:00:00Z"), plan: { ...plan, backup: undefined } },
  ],
  [
    "kubelets have not renewed their certificates",
    {},
    [
      "note versions: the support of v1.37 ended on 2027-10-28",
      "note backup: the stack has no backup",
      ...["k8s-master1", "k8s-master2", "k8s-master3"].flatMap((name) =>
        ["/var/lib/kubelet/pki/kubelet-client-current.pem", "pki/apiserver.crt and admin.conf"].map(
          (files) =>
            expect.stringMatching(
              `^degraded certificates: certificates of ${name}: (9|10) days left: ${files}$`,
            ) as unknown as string,
        ),
      ),
    ],
    { now: new Date("2027-11-10T00:00:00Z"), plan: { ...plan, backup: undefined } },
  ],
  [
    "an authority expires within 180 days, and nothing renews it",
    // the end of the API server's certificate
    {
      "k8s-master2": (output) =>
        output.replace(/^certificate \S+apiserver.crt (.*)$/m, "$&\ncertificate /etc/kubernetes/pki/etcd/ca.crt $1"),
    },
    [
      "note backup: the stack has no backup",
      expect.stringMatching(
        /^degraded certificates: certificates of k8s-master2: 1[56]\d days left: pki\/etcd\/ca\.crt$/,
      ),
    ],
    { now: new Date("2027-06-15T00:00:00Z"), plan: { ...plan, backup: undefined } },
  ],
  [
    "a renewal of certificates failed",
    { "k8s-master2": (output) => `${output}certificate-renewal exit-code @1795725580\n` },
    ["degraded certificates: the renewal of certificates on k8s-master2 failed (exit-code) at 2026-11-26T20:39:40Z"],
  ],
  [
    "a certificate is not readable",
    { "k8s-master1": line("certificate /etc/kubernetes/pki/ca.crt", "AAAA") },
    ["unknown certificates: k8s-master1 did not report a readable certificate in /etc/kubernetes/pki/ca.crt"],
  ],
  // versions
  [
    "the nodes run another version than the configured one",
    masters(replace(/"kubeletVersion":"v1.37.2"/g, '"kubeletVersion":"v1.37.1"')),
    ["note versions: the nodes run v1.37.1, but the configuration has v1.37.2"],
  ],
  [
    "HAProxy has two versions, and a host requires a reboot",
    {
      "haproxy-lb2": all(
        replace("haproxy-info Version: 3.0.11-1", "haproxy-info Version: 3.0.12-1"),
        (output) => `${output}reboot-required linux-image\n`,
      ),
    },
    [
      "note versions: haproxy has different versions: haproxy-lb1 3.0.11 and haproxy-lb2 3.0.12",
      "note versions: haproxy-lb2 requires a reboot (up 1 days)",
    ],
  ],
  // clocks, disk, memory
  [
    "a clock is a minute ahead",
    { "k8s-master2": line("time", "1795725660") },
    ["degraded clocks: the clocks of k8s-master2 and k8s-master1 are 60.0 s apart"],
  ],
  [
    "a disk, its inodes and memory are nearly used up",
    { "haproxy-lb1": all(line("disk /", "1000000 20000 1000 10"), line("memory", "4000000 40000")) },
    [
      "degraded disk, memory: the disk of / on haproxy-lb1 has 2 % free (19 MiB)",
      "degraded disk, memory: the disk of / on haproxy-lb1 has 1 % of its inodes free",
      "degraded disk, memory: haproxy-lb1 has 39 MiB of memory available, of 3906 MiB",
    ],
  ],
  // the agent
  [
    "the agent's container has ended",
    { monitor: line("agent", "exited - 3 2026-11-25T20:40:00Z datadog/agent:7") },
    ["degraded agent: the agent's container on monitor is exited"],
  ],
  [
    "the agent's container does not exist",
    { monitor: line("agent", "absent Error: No such container: dd-agent") },
    ["degraded agent: the agent's container on monitor was not found: Error: No such container: dd-agent"],
  ],
  [
    "the agent is unhealthy, its key is refused and its listener failed",
    {
      monitor: all(
        line("agent", "running unhealthy 0 2026-11-25T20:40:00Z datadog/agent:7"),
        line("listener", "qnap udp 15141 Error: address already in use"),
        (output) => `${output}agent-key invalid\n`,
      ),
    },
    [
      "degraded agent: the agent on monitor is unhealthy",
      "degraded agent: the agent's listener qnap (udp 15141) is Error: address already in use",
      "degraded agent: Datadog refuses the agent's API key",
    ],
  ],
  // hosts
  [
    "a command on a host hangs",
    { "k8s-master2": (output) => `${output}late disks\n` },
    ["unknown hosts: k8s-master2 did not report in time: disks"],
  ],
  [
    "the output of a host is cut off",
    { monitor: line("complete") },
    ["unknown hosts: the output of monitor is incomplete"],
  ],
];

// if an argument is missing, jest passes a callback in its place and waits for it
test.each(cases.map(([title, changes, expected, others = {}]) => [title, { changes, expected, others }] as const))(
  "%s",
  (_, { changes, expected, others }) => {
    expect(linesOf(verdictOf(changes, others)).sort()).toEqual([...expected].sort());
  },
);

test("the end of Kubernetes' support is a note from 60 days before it", () => {
  const notesAt = (now: string) =>
    linesOf(verdictOf({}, { now: new Date(now) })).filter((text) => text.startsWith("note versions"));
  expect(notesAt("2027-08-01")).toEqual([]);
  expect(notesAt("2027-10-01T12:00:00Z")).toEqual([
    "note versions: the support of v1.37 ends in 28 days, on 2027-10-28",
  ]);
  expect(notesAt("2027-10-30T12:00:00Z")).toEqual(["note versions: the support of v1.37 ended on 2027-10-28"]);
});

test("the time of the last line is that of the newest entry in the kernel's connection table", () => {
  const summary = (change: Change) =>
    verdictOf({ monitor: change }).subjects.find(({ name }) => name === "agent")?.summary;
  expect(summary((output) => output)).toContain("last line at most 3 s ago");
  expect(summary((output) => `${output}last-packet 15141 25 single\n`)).toContain("last line at most 3 s ago");
  expect(summary(line("last-packet 15141"))).toContain("time of the last line unknown, 1048576 bytes since its start");
});
