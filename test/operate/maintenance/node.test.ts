import type { StandInHosts } from "../../stand-ins/hosts";
import { changes, maintained, site, updatesOn } from "./site";

// The script of a node's maintenance, on stand-in hosts.

let world: StandInHosts;
beforeEach(() => (world = site()));
afterEach(() => world.remove());

test("a node without work is not changed", async () => {
  const { status, stdout, calls } = await maintained(world, "k8s-master2");
  expect([status, stdout, changes(calls)]).toEqual([0, "nothing to do\n", []]);
});

test("an update leaves the pods on the node, and the node is not rebooted", async () => {
  updatesOn(world, "k8s-master2", "containerd");
  const { status, stdout, stderr, calls } = await maintained(world, "k8s-master2");
  expect([status, stderr]).toEqual([0, ""]);
  expect(changes(calls)).toEqual([
    "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance=cordoned",
    "k8s-master2: apt-get upgrade",
    "k8s-master1: kubectl uncordon k8s-master2",
    "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance-",
  ]);
  expect(stdout).toContain("updated containerd from 1.0-1 to 1.0-2\n");
});

test("a node is drained before it is rebooted, and comes back before it is uncordoned", async () => {
  world.write("hosts/k8s-master2/run/reboot-required", "required\n");
  const { status, stdout, stderr, calls } = await maintained(world, "k8s-master2");
  expect([status, stderr]).toEqual([0, ""]);
  expect(changes(calls)).toEqual([
    "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance=cordoned",
    "k8s-master1: kubectl cordon k8s-master2",
    "k8s-master1: kubectl drain k8s-master2",
    expect.stringMatching(/^k8s-master2: systemd-run .*systemctl reboot$/),
    "k8s-master1: kubectl uncordon k8s-master2",
    "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance-",
  ]);
  expect(stdout).toContain("rebooted\nk8s-master2 is ready\n");
});

test("with --reboot never, a required reboot is not done", async () => {
  world.write("hosts/k8s-master2/run/reboot-required", "required\n");
  const { status, stdout } = await maintained(world, "k8s-master2", "never");
  expect([status, stdout]).toEqual([0, "nothing to do\n"]);
});

test("a blocked drain stops before the node is updated, and the node stays in service", async () => {
  world.write("hosts/k8s-worker1/run/reboot-required", "required\n");
  updatesOn(world, "k8s-worker1", "containerd");
  const stderr =
    'error when evicting pods/"db-0" -n "shop": Cannot evict pod as it would violate the pod\'s disruption budget.\n';
  world.order("kubectl drain", { status: 1, stderr });
  world.order("get poddisruptionbudgets", { stdout: "db " });
  const result = await maintained(world, "k8s-worker1");
  expect(result.status).not.toBe(0);
  expect(result.stdout).toContain("pod shop/db-0 is kept by PodDisruptionBudget db");
  expect(result.stderr).toContain("k8s-worker1 was not drained");
  expect(changes(result.calls).slice(-2)).toEqual([
    "k8s-master1: kubectl uncordon k8s-worker1",
    "k8s-master1: kubectl annotate node k8s-worker1 kube-control/maintenance-",
  ]);
  expect(result.calls.join("\n")).not.toMatch(/systemd-run|apt-get .*--with-new-pkgs upgrade/);
});

test("a node whose cluster is not healthy is not changed", async () => {
  updatesOn(world, "k8s-master2", "containerd");
  world.order("get nodes -o jsonpath", { stdout: "k8s-master1 True\nk8s-master3 False\n" });
  const { status, stderr, calls } = await maintained(world, "k8s-master2");
  expect([status === 0, changes(calls)]).toEqual([false, []]);
  expect(stderr).toContain("node k8s-master3 is not Ready");
});

test("an interrupted maintenance is completed", async () => {
  world.write("cluster/maintenance-k8s-master2", "cordoned");
  const { status, stdout, calls } = await maintained(world, "k8s-master2");
  expect([status, changes(calls)]).toEqual([
    0,
    [
      "k8s-master1: kubectl uncordon k8s-master2",
      "k8s-master1: kubectl annotate node k8s-master2 kube-control/maintenance-",
    ],
  ]);
  expect(stdout).toContain("an interrupted maintenance is continued\n");
});

test("a requested reboot is done once", async () => {
  world.write("hosts/k8s-master2/var/lib/kube-control/reboot-requested", "run-1 boot 7\n");
  const first = await maintained(world, "k8s-master2");
  const second = await maintained(world, "k8s-master2");
  expect([first.status, first.stdout]).toEqual([0, expect.stringContaining("rebooted\n")]);
  expect(second.stdout).toBe("nothing to do\n");
});

test("a package that somebody else holds is not updated", async () => {
  updatesOn(world, "k8s-master2", "containerd", "libfoo");
  world.order("^k8s-master2: apt-mark showhold", { stdout: "libfoo\n" });
  const { status, stderr, calls } = await maintained(world, "k8s-master2");
  expect([status === 0, stderr]).toEqual([
    false,
    expect.stringContaining("would change libfoo: held by somebody else"),
  ]);
  expect(calls.join("\n")).not.toMatch(/apt-get .*--with-new-pkgs upgrade/);
});

test("packages that kube-control holds are updated and stay held, Kubernetes' packages are not", async () => {
  for (const name of ["containerd", "kubelet"]) world.write(`hosts/k8s-master2/var/lib/kube-control/held/${name}`);
  world.order("^k8s-master2: dpkg-query", { stdout: "hi 1.0-1" });
  world.order("^k8s-master2: apt-get .*--simulate install containerd", {
    stdout: "Inst containerd [1.0-1] (1.0-2 Debian:13/stable [amd64])\n",
  });
  const { status, stdout, calls } = await maintained(world, "k8s-master2");
  expect([status, stdout]).toEqual([0, expect.stringContaining("updated containerd from 1.0-1 to 1.0-2\n")]);
  expect(calls).toContainEqual(expect.stringMatching(/apt-get .*--allow-change-held-packages install containerd$/));
  expect(calls).toContain("k8s-master2: apt-mark hold containerd");
});
