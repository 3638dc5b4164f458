import { expectations } from "../../../components/preflight";
import { packageFindings } from "../../../components/preflight/package-findings";
import type { Facts } from "../../../host/facts";
import { hostAt } from "../registered";

const url = "https://pkgs.k8s.io/core:/stable:/v1.37/deb/";
const expected = expectations({
  masters: [hostAt("k8s-master1", "192.168.2.151")],
  loadBalancers: [hostAt("haproxy-lb1", "192.168.2.141")],
  monitor: hostAt("monitor", "192.168.2.160"),
  repository: { url },
});
const findings = (name: string, facts: Facts) =>
  expected.filter((one) => one.name === name).flatMap((one) => packageFindings(one, facts));

test("each host is checked for its role's packages, and nodes for the package source", () => {
  expect(expected.map(({ packages, aptSource }) => [Object.keys(packages), aptSource])).toEqual([
    [["containerd"], url],
    [["haproxy", "keepalived"], undefined],
    [["docker.io"], undefined],
  ]);
});

test.each<[string, Facts]>([
  ["nothing is missing", {}],
  ["apt removes nothing", { "apt-installs": "containerd", "apt-removes": "" }],
  ["Docker's containerd is installed", { containerd: "v2.1.4", "containerd-unit": "present" }],
  ["Debian's containerd is installed", { containerd: "1.6.20~ds1", "containerd-unit": "present" }],
])("there is no finding if %s", (_, facts) => expect(findings("k8s-master1", facts)).toEqual([]));

test.each<[string, string, Facts, RegExp]>([
  [
    "a package that apt would remove",
    "monitor",
    { "apt-removes": "podman-docker", "apt-installs": "docker.io" },
    /^monitor: to install docker\.io, apt would remove podman-docker\. .*sudo apt-get remove podman-docker/,
  ],
  [
    "a held package that apt would change",
    "haproxy-lb1",
    { "apt-changes-held": "libssl3t64", "apt-installs": "haproxy" },
    /^haproxy-lb1: to install haproxy, apt would change libssl3t64, which is held\. .*apt-mark unhold libssl3t64/,
  ],
  [
    "packages without their dependencies",
    "k8s-master1",
    { "apt-broken": "vlc" },
    /whose dependencies are not installed \(vlc\).*--fix-broken install/,
  ],
  [
    "sources that apt cannot read",
    "haproxy-lb1",
    { "apt-refuses": "E: Malformed entry 1 in list file /etc/apt/sources.list.d/x.list" },
    /^haproxy-lb1: has package sources that apt cannot read \(E: Malformed entry 1/,
  ],
  [
    "the package source in another file",
    "k8s-master1",
    { "apt-source-in": "/etc/apt/sources.list.d/k8s.list" },
    /has the package source https:\/\/pkgs\.k8s\.io\/\S+ in \/etc\/apt\/sources\.list\.d\/k8s\.list; .*sudo mv \/etc\/apt\/sources\.list\.d\/k8s\.list \/root\//,
  ],
  [
    "a containerd that is too old",
    "k8s-master1",
    { containerd: "1.4.13~ds1", "containerd-unit": "present" },
    /has containerd 1\.4\.13~ds1, and kubelet needs 1\.6 or newer/,
  ],
  [
    "a containerd without a systemd unit",
    "k8s-master1",
    { containerd: "v2.0.0", "containerd-unit": "" },
    /without the systemd unit containerd\.service/,
  ],
])("a finding: %s", (_, host, facts, finding) =>
  expect(findings(host, facts)).toEqual([expect.stringMatching(finding)]),
);
