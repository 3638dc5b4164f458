import { surveyText } from "../../../operate/maintenance/survey";
import type { StandInHosts } from "../../stand-ins/hosts";
import { holding, hostNamed, type Name, plan, site, updatesOn } from "./site";

// The script that reads what is left to do, on stand-in hosts.

let world: StandInHosts;
beforeEach(() => (world = site()));
afterEach(() => world.remove());

async function facts(name: Name): Promise<string[]> {
  const { stdout } = await world.run(surveyText(plan, hostNamed(name)), "create", name);
  return stdout.trim().split("\n");
}

test("updates are reported with their source and their hold, each once", async () => {
  world.write("hosts/haproxy-lb1/var/lib/kube-control/held/haproxy");
  world.order("^haproxy-lb1: dpkg-query", { stdout: "hi 3.0.11-1" });
  world.order("apt-get .*--simulate upgrade", {
    stdout: [
      "Inst libssl3 [3.5.1-1] (3.5.1-2 Debian-Security:13/stable-security [amd64]) [openssl:amd64 ]",
      "Inst linux-image-6.1.0-29-amd64 (6.1.123-1 Debian:13.1/stable [amd64])",
      "Conf libssl3 (3.5.1-2 Debian-Security:13/stable-security [amd64])\n",
    ].join("\n"),
  });
  world.order("apt-get .*--simulate install haproxy", {
    stdout: "Inst haproxy [3.0.11-1] (3.0.11-2 Debian:13.1/stable [amd64])\n",
  });
  expect((await facts("haproxy-lb1")).filter((line) => line.startsWith("update"))).toEqual([
    "update libssl3 3.5.1-1 3.5.1-2 security free",
    "update linux-image-6.1.0-29-amd64 - 6.1.123-1 other free",
    "update haproxy 3.0.11-1 3.0.11-2 other held",
  ]);
});

test("a newer kernel of the same flavour is a reason for a reboot", async () => {
  for (const kernel of ["6.1.0-28-amd64", "6.1.0-30-amd64", "6.1.0-31-cloud-amd64"]) {
    world.write(`hosts/monitor/boot/vmlinuz-${kernel}`);
  }
  expect(await facts("monitor")).toContain("reboot kernel 6.1.0-30-amd64 is installed, 6.1.0-28-amd64 runs");
});

test("the holder of the virtual IP, an interruption and a requested reboot are reported", async () => {
  world.order("haproxy-lb1: ip -4", { stdout: holding });
  world.write("hosts/haproxy-lb1/var/lib/kube-control/load-balancer/maintenance");
  world.write("hosts/haproxy-lb1/var/lib/kube-control/reboot-requested", "run-1 boot 7\n");
  expect(await facts("haproxy-lb1")).toEqual(
    expect.arrayContaining(["holds yes", "interrupted yes", "reboot-request run-1 pending", "complete yes"]),
  );
});

test("a package source that fails and a plan that fails are reported", async () => {
  world.order("apt-get .* update", { status: 100 });
  world.order("apt-get .*--simulate", { status: 100, stderr: "E: broken packages\n" });
  expect(await facts("monitor")).toEqual(
    expect.arrayContaining([
      "lists-failed apt-get update failed",
      expect.stringMatching(/^updates-failed .*broken packages/),
    ]),
  );
});

test("packages that somebody else holds are reported, Kubernetes' packages are not", async () => {
  world.order("^k8s-master1: apt-mark showhold", { stdout: "kubelet\nlibfoo\n" });
  updatesOn(world, "k8s-master1", "tzdata");
  expect((await facts("k8s-master1")).filter((line) => line.startsWith("kept"))).toEqual(["kept libfoo"]);
});
