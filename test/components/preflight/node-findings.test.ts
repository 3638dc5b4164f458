import { nodeFindings, type PodNetwork } from "../../../components/preflight/node-findings";
import type { Expectation, Facts, Role } from "../../../host/facts";

const host = (role: Role): Expectation => ({
  name: "k8s-node1",
  address: "192.168.2.151",
  roles: [role],
  tcpPorts: {},
  udpPorts: {},
  packages: {},
});
const clean: Facts = { "resolv-conf": "/etc/resolv.conf", "name-servers": "192.168.2.1" };
const findings = (facts: Facts, role: Role = "master", network: PodNetwork = "flannel") =>
  nodeFindings(host(role), { ...clean, ...facts }, network);

test.each<[string, Facts]>([
  ["nothing of Kubernetes", { "etcd-folder": "", "cni-files": "", "cni-bridge": "" }],
  ["the controllers of cgroup v2", { cgroup: "v2", "cgroup-controllers": "cpuset cpu io memory hugetlb pids rdma" }],
  ["cgroup v1, which another check reports,", { cgroup: "v1", "cgroup-controllers": "" }],
  ["the file that flannel overwrites", { "cni-files": "10-flannel.conflist" }],
  ["name servers outside the host", { "name-servers": "192.168.2.1 2001:db8::1" }],
  [
    "the file that kubeadm uses with systemd-resolved",
    { "resolv-conf": "/run/systemd/resolve/resolv.conf", "name-servers": "192.168.2.1" },
  ],
])("a host with %s has no finding", (_, facts) => expect(findings(facts)).toEqual([]));

test.each<[string, Facts, RegExp]>([
  [
    "data in etcd's folder",
    { "etcd-folder": "default notes.txt" },
    /^k8s-node1: \/var\/lib\/etcd is not empty \(default, notes\.txt\).*lost\+found may stay/,
  ],
  [
    "another pod network's configuration",
    { "cni-files": "05-old.conflist 10-flannel.conflist" },
    /^k8s-node1: \/etc\/cni\/net\.d .*\(05-old\.conflist\).*sudo rm \/etc\/cni\/net\.d\/05-old\.conflist\.$/,
  ],
  [
    "a configuration after flannel's, which is used until flannel writes its own,",
    { "cni-files": "87-podman-bridge.conflist" },
    /87-podman-bridge\.conflist/,
  ],
  [
    "an older pod network's bridge",
    { "cni-bridge": "10.200.0.1/24" },
    /has the bridge cni0 with the address 10\.200\.0\.1\/24.*sudo ip link delete cni0/,
  ],
  [
    "a resolver on loopback",
    { "name-servers": "127.0.0.1" },
    /\/etc\/resolv\.conf contains the name server 127\.0\.0\.1\..*query itself.*kubernetes\.kubelet\.resolvConf/,
  ],
  [
    "a resolver on loopback together with another one",
    { "name-servers": "192.168.2.1 ::1" },
    /contains the name server ::1\./,
  ],
  [
    "the stub resolver in a configured file",
    { "resolv-conf": "/etc/kubelet-resolv.conf", "name-servers": "127.0.0.53" },
    /\/etc\/kubelet-resolv\.conf contains the name server 127\.0\.0\.53\./,
  ],
  [
    "a kernel without a controller that kubelet needs",
    { cgroup: "v2", "cgroup-controllers": "cpuset cpu io pids" },
    /lacks cgroup controllers that kubelet needs: memory\..*cgroup_enable=memory/,
  ],
  [
    "only IPv6 name servers",
    { "name-servers": "fe80::1%eth0 2001:db8::53" },
    /contains only IPv6 name servers \(fe80::1%eth0, 2001:db8::53\)/,
  ],
  ["no name server", { "name-servers": "" }, /\/etc\/resolv\.conf contains no name server.*CoreDNS would not start/],
])("%s is one finding with a remedy", (_, facts, finding) =>
  expect(findings(facts)).toEqual([expect.stringMatching(finding)]),
);

const everything: Facts = {
  "etcd-folder": "default",
  "cni-files": "05-old.conflist",
  "cni-bridge": "10.200.0.1/24",
  "name-servers": "127.0.0.1",
};

test.each<[string, Facts, Role, number]>([
  ["a member of the cluster", { "mark-member": "node k8s-node1" }, "master", 0],
  ["a load balancer", {}, "load balancer", 0],
  ["a master", {}, "master", 4],
  ["a worker, which has no etcd", {}, "worker", 3],
  ["a node whose set-up was interrupted", { "mark-begun": "node k8s-node1" }, "master", 1],
  ["a host with another Kubernetes", { kubernetes: "present" }, "master", 1],
])("%s gets only the findings that apply to it", (_, facts, role, count) =>
  expect(findings({ ...everything, ...facts }, role)).toHaveLength(count),
);

test("with a manifest every network file is a finding, without a pod network none is", () => {
  const facts = { "cni-files": "10-flannel.conflist" };
  expect(findings(facts, "worker", "manifest")).toEqual([expect.stringContaining("10-flannel.conflist")]);
  expect(findings({ ...facts, "cni-bridge": "10.200.0.1/24" }, "worker", "none")).toEqual([]);
});
