import { VirtualIpRelease } from "../../../components/haproxy-pair";
import { revealed } from "../../recorder";
import { StandInHosts } from "../../stand-ins/hosts";
import { hostAt, registered, silent } from "../registered";

// The real step, run by bash over load balancers that are folders.

const addresses = { "haproxy-lb1": "192.0.2.1", "haproxy-lb2": "192.0.2.2" };
type Name = keyof typeof addresses;
const names = Object.keys(addresses) as Name[];
const [former, next] = ["192.0.2.10", "192.0.2.20"];
const conf = (name: Name) => `hosts/${name}/etc/keepalived/keepalived.conf`;
const settled = (name: Name) => `hosts/${name}/var/lib/kube-control/load-balancer/settled-keepalived.conf`;
const beside = `x {\n    virtual_ipaddress {\n        ${former}/24 dev e\n    }\n    virtual_ipaddress_excluded {\n        ${next}/24 dev e\n    }\n}\n`;
const alone = `x {\n    virtual_ipaddress {\n        ${next}/24 dev e\n    }\n}\n`;

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts(addresses);
  world.write("bin/ss", `#!/bin/bash\necho "$AT: ss $*" >>"$WORLD/calls"\n`, 0o755);
  for (const name of names) {
    world.write(conf(name), beside);
    world.write(settled(name), alone);
  }
});
afterEach(() => world.remove());

const holds = (name: Name) =>
  world.order(`^${name}: ip -4 -o address show to ${next}/32`, { stdout: `2: e    inet ${next}/24 scope global e\n` });
const isActive = (name: Name, status: number) => world.order(`^${name}: systemctl is-active`, { status });

async function release(unreachable: readonly Name[] = []) {
  const host = (name: Name, priority: number) => {
    const made = { ...hostAt(name, addresses[name]), priority };
    return unreachable.includes(name) ? silent(made) : made;
  };
  const recorded = await registered(() => {
    const nodes = [host("haproxy-lb1", 250), host("haproxy-lb2", 240)];
    new VirtualIpRelease("pair", { nodes, virtualIp: next });
  });
  const ran = await world.run(String(revealed(recorded.get("pair-former-address")?.inputs.stdin)), "create");
  return { ...ran, changingCalls: ran.calls.filter((call) => /systemctl (start|stop|reload)|: ss /.test(call)) };
}

test("backups stop while the holder closes the former address's connections and removes it", async () => {
  holds("haproxy-lb2");
  isActive("haproxy-lb1", 3);
  const { status, stderr, stdout, changingCalls } = await release();
  expect([status, stderr]).toEqual([0, ""]);
  const end = `ss --kill --no-header --numeric --tcp state established src ${former}`;
  expect(changingCalls).toEqual([
    "haproxy-lb1: systemctl stop keepalived.service",
    `haproxy-lb2: ${end}`,
    "haproxy-lb2: systemctl reload keepalived.service",
    `haproxy-lb1: ${end}`,
    "haproxy-lb1: systemctl start keepalived.service",
  ]);
  expect(stdout).toContain(`${former} is no longer served\n`);
  for (const name of names) expect([world.read(conf(name)), world.exists(settled(name))]).toEqual([alone, false]);
});

test("without a former address nothing is done", async () => {
  for (const name of names) world.delete(settled(name));
  const { status, stdout, changingCalls } = await release();
  expect([status, stdout, changingCalls]).toEqual([0, "", []]);
});

test("if the holder fails, the backups start again unchanged, and a second run succeeds", async () => {
  holds("haproxy-lb1");
  isActive("haproxy-lb2", 3);
  world.order("^haproxy-lb1: systemctl reload", { status: 1, times: 1 });
  const failed = await release();
  expect(failed.status).not.toBe(0);
  expect(failed.changingCalls.at(-1)).toBe("haproxy-lb2: systemctl start keepalived.service");
  expect(world.read(conf("haproxy-lb2"))).toBe(beside);
  expect((await release()).status).toBe(0);
  for (const name of names) expect([world.read(conf(name)), world.exists(settled(name))]).toEqual([alone, false]);
});

test("if a backup does not stop, the stopped ones start again, and nothing is changed", async () => {
  isActive("haproxy-lb1", 3);
  world.order("^haproxy-lb2: systemctl stop", { status: 1, times: 1 });
  const failed = await release();
  expect(failed.status).not.toBe(0);
  expect(failed.changingCalls).toContain("haproxy-lb1: systemctl start keepalived.service");
  for (const name of names) expect(world.read(conf(name))).toBe(beside);
});

test("a load balancer that is known not to answer is skipped and keeps both addresses", async () => {
  holds("haproxy-lb2");
  const { status, stdout, calls } = await release(["haproxy-lb1"]);
  expect(status).toBe(0);
  expect(stdout).toContain("haproxy-lb1 does not answer: skipped\n");
  expect(calls.filter((call) => call.includes("haproxy-lb1"))).toEqual([]);
  expect(world.exists(settled("haproxy-lb1"))).toBe(true);
});
