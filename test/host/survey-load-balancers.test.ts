import { virtualIpFindings } from "../../components/preflight";
import { parseFacts } from "../../host/facts";
import { whereIs } from "../../lab/machine/apt";
import { StandInHosts } from "../stand-ins/hosts";
import { surveyText } from "../stand-ins/survey-text";

// The real survey, run by bash on a load balancer that is a folder.

// loopback addresses, because the survey sends a datagram to each
const [virtualIp, peer, former] = ["127.0.0.140", "127.0.0.142", "127.0.0.143"] as const;
const host = "haproxy-lb1";

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ [host]: "127.0.0.141" });
  world.link(whereIs("md5sum") ?? "", "bin/md5sum");
  world.write("sockets");
  world.write("bin/ss", `#!/bin/bash\ncat "$WORLD/sockets"\n`, 0o755);
  for (const about of ["systemctl is-active", "systemctl is-enabled"]) world.order(`: ${about}`, { status: 3 });
});
afterEach(() => world.remove());

async function look(asked: Readonly<Record<string, string>> = { VIRTUAL_IP: virtualIp, PEERS: peer }) {
  const { stdout, calls } = await world.run(surveyText(asked), "create", host);
  return { facts: parseFacts(stdout), calls };
}

describe("another host with the virtual IP", () => {
  const entry = (address: string, rest: string) =>
    world.order(`ip -4 neighbour show to ${address}$`, { stdout: `${address} dev ens160 ${rest}\n` });
  const taken = async () => virtualIpFindings(virtualIp, { [host]: (await look()).facts });

  test("is reported with its MAC address, and is a finding", async () => {
    entry(virtualIp, "lladdr 52:54:00:12:34:56 REACHABLE");
    expect((await look()).facts["neighbours"]).toBe(`${virtualIp}=52:54:00:12:34:56`);
    expect(await taken()).toEqual([
      "kube-control:virtualIp.address: another host in the network uses 127.0.0.140: it answered haproxy-lb1 with the MAC " +
        "address 52:54:00:12:34:56. Remove the address from that host, or set this key to a free address.",
    ]);
  });

  test("is not taken from an older entry, which is removed first", async () => {
    const { calls } = await look();
    const [flush, show] = [`ip -4 neighbour flush to ${virtualIp}`, `ip -4 neighbour show to ${virtualIp}`].map(
      (call) => calls.indexOf(`${host}: ${call}`),
    ) as [number, number];
    expect(flush).toBeGreaterThanOrEqual(0);
    expect(show).toBeGreaterThan(flush);
  });

  test.each([
    ["no host answers", "INCOMPLETE"],
    ["no host has answered", "FAILED"],
    ["the entry was set by hand", "lladdr 52:54:00:12:34:56 PERMANENT"],
  ])("is not a finding if %s", async (_what, state) => {
    entry(virtualIp, state);
    expect(await taken()).toEqual([]);
  });

  test("is not a load balancer that is listed, or that is a peer in keepalived.conf", async () => {
    for (const address of [peer, former]) {
      world.write(
        `hosts/${host}/etc/keepalived/keepalived.conf`,
        `# Written by kube-control; x\n    unicast_peer {\n        ${former}\n    }\n`,
      );
      entry(virtualIp, "lladdr 52:54:00:12:34:56 REACHABLE");
      world.order(`ip -4 neighbour show to ${address}$`, {
        times: 1,
        stdout: `${address} dev ens160 lladdr 52:54:00:12:34:56 STALE\n`,
      });
      expect(await taken()).toEqual([]);
    }
    expect(await taken()).toHaveLength(1);
  });

  test("is not looked for on a holder, or on a host that is not a load balancer", async () => {
    expect((await look({})).calls.filter((call) => call.includes("neighbour"))).toEqual([]);
    world.order(`ip -4 -oneline address show to ${virtualIp}/32`, { stdout: `2: ens160    inet ${virtualIp}/24\n` });
    const { facts, calls } = await look();
    expect([facts["neighbours"], calls.filter((call) => call.includes("neighbour"))]).toEqual([undefined, []]);
  });
});

describe.each([
  ["haproxy", "etc/haproxy/haproxy.cfg"],
  ["keepalived", "etc/keepalived/keepalived.conf"],
])("%s of a load balancer", (program, file) => {
  const path = `hosts/${host}/${file}`;
  const sum = "9a0364b9e99bb480dd25e1f0284c8555"; // the MD5 sum of "content"
  const active = () => world.order(`: systemctl is-active --quiet ${program}.service`, {});
  const enabled = () => world.order(`: systemctl is-enabled --quiet ${program}.service`, {});
  const other = async () => (await look()).facts[program];

  beforeEach(() => world.delete("orders"));

  test.each([
    ["active", active],
    ["enabled", enabled],
  ])("serves something else if it is %s with a configuration that is not ours", async (_what, begin) => {
    world.write(path, "content");
    begin();
    expect(await other()).toBe("other");
  });

  test("serves something else if it has sockets with another file", async () => {
    world.write("sockets", `tcp LISTEN 0 128 *:8080 *:* users:(("${program}",pid=7,fd=6))\n`);
    expect(await other()).toBe("other");
  });

  test("serves something else if it has more sockets than a pipe holds", async () => {
    const line = `tcp ESTAB 0 0 192.0.2.1:8080 192.0.2.9:40000 users:(("${program}",pid=7,fd=6))\n`;
    world.write("sockets", line.repeat(4000));
    expect(await other()).toBe("other");
  });

  test("serves nothing else if it is neither active nor enabled, or has no configuration", async () => {
    world.order(": systemctl is-", { status: 3 });
    world.write(path, "content");
    expect(await other()).toBeUndefined();
    world.delete(path);
    world.delete("orders");
    active();
    expect(await other()).toBeUndefined();
  });

  test("serves nothing else with its package's default file, or with ours", async () => {
    active();
    world.write(path, "content");
    world.order(`dpkg-query .* ${program}$`, { stdout: ` ${world.path(path)} ${sum}\n` });
    expect(await other()).toBeUndefined();
    world.write(path, "changed");
    expect(await other()).toBe("other");
    world.write(path, "# Written by kube-control; x\n");
    world.write("sockets", `tcp LISTEN 0 128 *:6443 *:* users:(("${program}",pid=7,fd=6))\n`);
    expect(await other()).toBeUndefined();
  });
});
