import { parseFacts } from "../../host/facts";
import { StandInHosts } from "../stand-ins/hosts";
import { surveyText } from "../stand-ins/survey-text";

// survey.sh, run by bash on a host that is a folder.

const host = "k8s-master1";
let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ [host]: "192.0.2.11" });
});
afterEach(() => world.remove());

const at = (file: string) => `hosts/${host}/${file}`;
async function facts(resolvConf = "") {
  const { stdout } = await world.run(surveyText({ RESOLV_CONF: resolvConf }), "create", host);
  return parseFacts(stdout.replaceAll(world.path(`hosts/${host}`), ""));
}
const resolved = (isActive: boolean) =>
  world.order("systemctl -q is-active systemd-resolved", { status: isActive ? 0 : 3 });

test("files of an older cluster are reported, and lost+found is not", async () => {
  world.write(at("var/lib/etcd/default/member/snap"));
  world.write(at("var/lib/etcd/lost+found/x"));
  for (const file of ["87-podman.conflist", "05-old.conf", "10-x.json", "README", "05-old.conf.bak"]) {
    world.write(at(`etc/cni/net.d/${file}`));
  }
  world.order("ip -4 -oneline address show dev cni0", {
    stdout: "5: cni0    inet 10.200.0.1/24 brd 10.200.0.255 scope global cni0\\       valid_lft forever\n",
  });
  expect(await facts()).toMatchObject({
    "etcd-folder": "default",
    "cni-files": "05-old.conf 10-x.json 87-podman.conflist",
    "cni-bridge": "10.200.0.1/24",
  });
});

test.each([
  "etc/kubernetes/controller-manager.conf",
  "etc/kubernetes/pki/ca.crt",
  "etc/kubernetes/pki/front-proxy-client.key",
  "etc/kubernetes/manifests/etcd.yaml",
])("an old %s counts as a Kubernetes node, because kubeadm init would use it", async (file) => {
  expect(await facts()).not.toHaveProperty("kubernetes");
  world.write(at(file));
  expect(await facts()).toMatchObject({ kubernetes: "present" });
});

test("a folder that is a symbolic link is read", async () => {
  world.write(at("mnt/etcd/default/x"));
  world.link(world.path(at("mnt/etcd")), at("var/lib/etcd"));
  expect(await facts()).toMatchObject({ "etcd-folder": "default" });
});

test("without files of an older cluster nothing is reported", async () => {
  world.write(at("var/lib/etcd/lost+found/x"));
  world.order("ip -4 -oneline address show dev cni0", { status: 1, stderr: 'Device "cni0" does not exist.\n' });
  expect(await facts()).toMatchObject({ "etcd-folder": "", "cni-files": "", "cni-bridge": "" });
});

test("the controllers of cgroup v2 are reported", async () => {
  world.write(at("sys/fs/cgroup/cgroup.controllers"), "cpuset cpu io memory pids\n");
  expect(await facts()).toMatchObject({ cgroup: "v2", "cgroup-controllers": "cpuset cpu io memory pids" });
});

test("the free space in /tmp is reported in KiB", async () => {
  const table = "Filesystem 1024-blocks Used Available Capacity Mounted on\ntmpfs 4096 4000 96 98% /tmp\n";
  world.write("bin/df", `#!/bin/bash\nprintf '${table.replaceAll("%", "%%")}'\n`, 0o755);
  expect(await facts()).toMatchObject({ "tmp-kib": "96" });
});

describe("the name servers that pods get", () => {
  beforeEach(() => {
    world.write(at("etc/resolv.conf"), "# of the network\nsearch example.com\nnameserver 127.0.0.53\nnameserver ::1\n");
    world.write(at("run/systemd/resolve/resolv.conf"), "nameserver 192.0.2.53\n");
    world.write(at("etc/kubelet-resolv.conf"), "nameserver 192.0.2.54\n");
  });

  test.each([
    ["without systemd-resolved", false, "", "/etc/resolv.conf", "127.0.0.53 ::1"],
    ["with systemd-resolved", true, "", "/run/systemd/resolve/resolv.conf", "192.0.2.53"],
    [
      "with another file in kubelet's configuration",
      true,
      "/etc/kubelet-resolv.conf",
      "/etc/kubelet-resolv.conf",
      "192.0.2.54",
    ],
    ["with a missing file in kubelet's configuration", false, "/etc/missing.conf", "/etc/missing.conf", ""],
  ])("%s", async (_, isActive, configured, file, servers) => {
    resolved(isActive);
    expect(await facts(configured)).toMatchObject({ "resolv-conf": file, "name-servers": servers });
  });
});
