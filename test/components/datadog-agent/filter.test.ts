import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { DatadogAgent } from "../../../components/datadog-agent";
import { renderFilter } from "../../../components/datadog-agent/filter";
import { revealed } from "../../recorder";
import { StandInHosts } from "../../stand-ins/hosts";
import { hostAt, registered } from "../registered";

// The real scripts, run by bash on a host that is a folder. Its fake iptables keeps the chains of the table raw in files.

const qnap = { name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap" } as const;
const unit = "hosts/monitor/etc/systemd/system/kube-control-agent-filter.service";
const program = "opt/datadog-monitor/datadog-agent/filter";

const iptables = `
raw=$WORLD/raw-\${0##*/}
shift 3
case "$*" in
  "-C "*) grep -qxF "\${*:2}" "$raw" ;;
  "-I "*) echo "\${*:2}" >>"$raw" ;;
  "-D "*) grep -qxF "\${*:2}" "$raw" && grep -vxF "\${*:2}" "$raw" >"$raw.new"; mv -f "$raw.new" "$raw" ;;
  "-F KUBE-CONTROL-AGENT" | "-X KUBE-CONTROL-AGENT") rm -f "$WORLD/hosts/$AT/\${0##*/}-save" ;;
  *) exit 99 ;;
esac
`;

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts({ monitor: "192.168.2.160" });
  world.haste = 5;
  for (const tool of ["iptables", "ip6tables"]) {
    world.write(`bin/${tool}`, `#!/bin/bash\n${iptables}`, 0o755);
    world.write(`raw-${tool}`, "PREROUTING -j OTHER\n");
  }
  world.write("hosts/monitor/proc/net/if_inet6");
  world.link(join(__dirname, "../../stand-ins/tool.sh"), "bin/docker");
  world.order("docker network inspect bridge", { stdout: "docker0\n" });
  world.order("ip -4 -oneline address show dev docker0", {
    stdout: "3: docker0    inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0\\       valid_lft forever\n",
  });
});
afterEach(() => world.remove());

async function scripts(from?: string) {
  const resources = await registered(() => {
    new DatadogAgent("dd-agent", { host: hostAt("monitor", "192.168.2.160"), apiKey: "x", logs: [{ ...qnap, from }] });
  });
  const text = (name: string) =>
    String(revealed(resources.get(`dd-agent-${name}`)?.inputs.stdin)).replaceAll("/opt/", `${world.path("opt")}/`);
  return { conf: text("conf"), removal: text("removal-192.168.2.160") };
}
const write = async (from?: string) => world.run((await scripts(from)).conf, "create", "monitor");
const jumps = (tool: string) => world.read(`raw-${tool}`).trim().split("\n");
const ours = ["PREROUTING -j OTHER", "PREROUTING -j KUBE-CONTROL-AGENT", "OUTPUT -j KUBE-CONTROL-AGENT"];
/** The changes of the unit, in order. */
const unitCalls = (calls: readonly string[]) =>
  calls.flatMap((call) => /: systemctl (\w+) (?:--quiet )?kube-control-agent-filter\.service$/.exec(call)?.[1] ?? []);
const loaded = (tool: string) => world.read(`hosts/monitor/${tool}-save`);

test("without an allowed address no filter is written", async () => {
  expect(renderFilter([qnap])).toBe("");
  const { status, stderr } = await write();
  expect([status, stderr]).toEqual([0, ""]);
  expect(jumps("iptables")).toEqual(["PREROUTING -j OTHER"]);
  expect(world.exists(unit)).toBe(false);
});

test("with an allowed address, packets of others are dropped before Docker's rules", async () => {
  const { status, stderr, calls } = await write("192.168.2.20");
  expect([status, stderr]).toEqual([0, ""]);
  const rule = (source: string, type: string) =>
    `-A KUBE-CONTROL-AGENT${source} -p udp -m udp --dport 15141 -m addrtype --dst-type ${type} -m comment --comment kube-control -j DROP\n`;
  const chain = (source: string, types: string[]) =>
    `*raw\n:KUBE-CONTROL-AGENT - [0:0]\n${types.map((type) => rule(source, type)).join("")}COMMIT\n`;
  expect(loaded("iptables")).toBe(chain(" ! -s 192.168.2.20", ["LOCAL", "BROADCAST", "MULTICAST"]));
  // addrtype of IPv6 refuses BROADCAST
  expect(loaded("ip6tables")).toBe(chain("", ["LOCAL", "MULTICAST"]));
  for (const tool of ["iptables", "ip6tables"]) expect(jumps(tool)).toEqual(ours);
  expect(world.read(unit)).toMatch(/^Before=docker\.service\nPartOf=docker\.service\n/m);
  expect(world.read(unit)).toContain(`ExecStart=/bin/sh ${world.path(program)}\n`);
  expect(world.read(unit)).toMatch(/\[Install\][^[]*^RequiredBy=docker\.service$/m);
  expect(calls).toContain("monitor: systemctl reenable --quiet kube-control-agent-filter.service");
  expect(world.read("opt/datadog-monitor/datadog-agent/conf.d/qnap.d/conf.yaml")).toContain(
    'allowed_ips:\n      - 192.168.2.20\n      - "172.17.0.1"\n',
  );
});

test("the unit is not restarted or stopped while Docker requires it", async () => {
  const { calls } = await write("192.168.2.20");
  expect(unitCalls(calls)).toEqual(["reenable", "start"]);
});

// iptables-nft asks the kernel even with --test
const restores = ["iptables", "ip6tables"].filter(
  (tool) => spawnSync(`${tool}-restore`, ["--test"], { input: "*raw\nCOMMIT\n" }).status === 0,
);
test(`the rules are valid for the ${restores.join(" and ")} of this machine`, () => {
  const text = renderFilter([{ ...qnap, from: "192.168.2.20" }]);
  for (const tool of restores) {
    const [, input = ""] = new RegExp(`^load ${tool} <<'RULES'\n([^]*?)^RULES$`, "m").exec(text) ?? [];
    expect(input).toContain("--dst-type MULTICAST");
    const { status, stderr } = spawnSync(`${tool}-restore`, ["--test", "--noflush"], { input, encoding: "utf8" });
    expect([tool, status, stderr]).toEqual([tool, 0, ""]);
  }
});

test("a Docker bridge without an IPv4 address is an error", async () => {
  world.delete("orders/2");
  const { status, stderr } = await write("192.168.2.20");
  expect([status, stderr]).toEqual([64, expect.stringContaining("Docker's network bridge has no IPv4 address")]);
});

test("a second run with another address leaves only its rules and one jump", async () => {
  await write("192.168.2.20");
  await write("192.168.2.20");
  expect((await write("192.168.2.21")).status).toBe(0);
  expect(new Set(loaded("iptables").match(/-s \S+/g))).toEqual(new Set(["-s 192.168.2.21"]));
  expect(jumps("iptables")).toEqual(ours);
});

test("a host without IPv6 gets the rules of IPv4", async () => {
  world.delete("hosts/monitor/proc/net/if_inet6");
  expect((await write("192.168.2.20")).status).toBe(0);
  expect([jumps("iptables"), jumps("ip6tables")]).toEqual([ours, ["PREROUTING -j OTHER"]]);
});

test("without the address, or without the agent, only the filter's own rules are removed", async () => {
  for (const remove of [() => write(), async () => world.run((await scripts("192.168.2.20")).removal, "delete")]) {
    await write("192.168.2.20");
    const { status, stdout, calls } = await remove();
    expect([status, stdout]).toEqual([0, expect.stringContaining("removed the packet filter of the log port\n")]);
    for (const tool of ["iptables", "ip6tables"]) expect(jumps(tool)).toEqual(["PREROUTING -j OTHER"]);
    expect([world.exists(unit), world.exists(program)]).toEqual([false, false]);
    expect(unitCalls(calls)).toEqual(["disable", "stop"]);
  }
});

test("if the filter cannot be loaded, the step fails before it writes the configuration", async () => {
  world.delete("bin/iptables-restore");
  world.write("bin/iptables-restore", "#!/bin/bash\necho 'no table raw' >&2\nexit 1\n", 0o755);
  const { status, stderr } = await write("192.168.2.20");
  expect(status).toBe(64);
  expect(stderr).toMatch(/no table raw[^]*the packet filter of the log port could not be loaded/);
});
