import type { StandInHosts } from "../../stand-ins/hosts";
import { changes, holding, maintained, moving, site, updatesOn } from "./site";

// The script of a load balancer's maintenance, on stand-in hosts.

let world: StandInHosts;
beforeEach(() => (world = site()));
afterEach(() => world.remove());

test("the virtual IP moves away before HAProxy is updated, and Keepalived starts last", async () => {
  updatesOn(world, "haproxy-lb1", "haproxy");
  moving(world, "haproxy-lb1", "haproxy-lb2");
  world.order("haproxy-lb1: systemctl is-active --quiet keepalived", { status: 3 });
  const { status, stdout, stderr, calls } = await maintained(world, "haproxy-lb1");
  expect([status, stderr]).toEqual([0, ""]);
  expect(changes(calls)).toEqual([
    "haproxy-lb1: systemctl stop keepalived.service",
    "haproxy-lb1: systemctl mask --quiet --runtime keepalived.service",
    "haproxy-lb1: apt-get upgrade",
    expect.stringMatching(/^haproxy-lb1: haproxy -c -f .*haproxy.cfg$/),
    expect.stringMatching(/^haproxy-lb1: keepalived -t -f .*keepalived.conf$/),
    "haproxy-lb1: systemctl unmask --quiet --runtime keepalived.service",
    "haproxy-lb1: systemctl restart haproxy.service",
    "haproxy-lb1: systemctl restart haproxy-watch.service",
    "haproxy-lb1: systemctl unmask --quiet --runtime keepalived.service",
    "haproxy-lb1: systemctl start keepalived.service",
  ]);
  expect(stdout).toContain("192.0.2.10 is held by haproxy-lb2\n");
  expect(world.exists("hosts/haproxy-lb1/var/lib/kube-control/load-balancer/maintenance")).toBe(false);
});

test("the virtual IP stays if the update concerns neither HAProxy nor Keepalived", async () => {
  updatesOn(world, "haproxy-lb1", "tzdata");
  const { status, calls } = await maintained(world, "haproxy-lb1");
  expect([status, changes(calls)]).toEqual([0, ["haproxy-lb1: apt-get upgrade"]]);
});

test("a reboot moves the virtual IP away first", async () => {
  world.write("hosts/haproxy-lb1/run/reboot-required", "required\n");
  moving(world, "haproxy-lb1", "haproxy-lb2");
  const { status, stdout, calls } = await maintained(world, "haproxy-lb1");
  expect([status, changes(calls).slice(0, 2)]).toEqual([
    0,
    [
      "haproxy-lb1: systemctl stop keepalived.service",
      expect.stringMatching(/^haproxy-lb1: systemd-run .*systemctl reboot$/),
    ],
  ]);
  expect(stdout).toContain("rebooted\nserves again\n");
});

test.each([
  ["its HAProxy does not serve", () => world.write("hosts/haproxy-lb2/run/haproxy.down", "1\n"), /does not serve/],
  [
    "Keepalived does not run there",
    () => world.order("haproxy-lb2: systemctl is-active --quiet keepalived", { status: 3 }),
    /keepalived is not active/,
  ],
  [
    "it does not answer",
    () => world.order("^ssh haproxy-lb2", { status: 255, stderr: "Connection timed out\n" }),
    /haproxy-lb2 does not answer/,
  ],
])("the holder is not changed if %s", async (_, spoil, message) => {
  world.haste = 30;
  updatesOn(world, "haproxy-lb1", "haproxy");
  spoil();
  const { status, stderr, calls } = await maintained(world, "haproxy-lb1");
  expect([status === 0, changes(calls)]).toEqual([false, []]);
  expect(stderr).toMatch(message);
});

test("Keepalived starts again if no other load balancer takes the virtual IP", async () => {
  updatesOn(world, "haproxy-lb1", "haproxy");
  world.order("haproxy-lb.: ip -4", { stdout: "" });
  const { status, stderr, calls } = await maintained(world, "haproxy-lb1");
  expect([status === 0, stderr]).toEqual([false, expect.stringContaining("no other load balancer took 192.0.2.10")]);
  expect(changes(calls).at(-1)).toBe("haproxy-lb1: systemctl start keepalived.service");
});

test("a refused configuration leaves Keepalived stopped, and the same command continues", async () => {
  updatesOn(world, "haproxy-lb1", "haproxy");
  moving(world, "haproxy-lb1", "haproxy-lb2");
  world.order("haproxy -c", { status: 1, times: 1 });
  const failed = await maintained(world, "haproxy-lb1");
  expect([failed.status === 0, failed.stderr]).toEqual([false, expect.stringContaining("the updated HAProxy refuses")]);
  expect(changes(failed.calls).join("\n")).not.toContain("start keepalived");
  world.order("haproxy-lb1: systemctl is-active --quiet keepalived", { status: 3 });
  const again = await maintained(world, "haproxy-lb1");
  expect([again.status, changes(again.calls).at(-1)]).toEqual([0, "haproxy-lb1: systemctl start keepalived.service"]);
});

test("a host that is another load balancer is not changed", async () => {
  world.write("hosts/haproxy-lb1/var/lib/kube-control/load-balancer/owner", "cluster other:6443\nnode lb9\n");
  updatesOn(world, "haproxy-lb1", "haproxy");
  world.order("haproxy-lb1: ip -4", { stdout: holding });
  const { status, stderr, calls } = await maintained(world, "haproxy-lb1");
  expect([status === 0, changes(calls)]).toEqual([false, []]);
  expect(stderr).toContain("expected haproxy-lb1, a load balancer of kube-control.example.com:6443");
});
