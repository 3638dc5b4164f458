import { statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { DnsRecord, DnsSwap } from "../../../components/dns-record";
import { revealed } from "../../recorder";
import { StandInHosts } from "../../stand-ins/hosts";
import { hostAt, registered } from "../registered";

// The real scripts, run by bash on hosts that are folders (test/stand-ins/README.md), and their changes of a node's /etc/hosts.

const fqdn = "kube-control.example.com";
const vip = "192.0.2.10";
const line = (address = vip) => `${address} ${fqdn} # kube-control: for when DNS does not answer\n`;
const others = "127.0.0.1 localhost\n127.0.1.1 k8s-master1.example.com k8s-master1\n";
const addresses = { "k8s-master1": "192.0.2.11", "k8s-worker1": "192.0.2.21" };
const root = "hosts/k8s-master1";
const hosts = `${root}/etc/hosts`;
const program = `${root}/usr/local/sbin/kube-control-hosts`;
const service = `${root}/etc/systemd/system/kube-control-hosts.service`;
const path = `${root}/etc/systemd/system/kube-control-hosts.path`;

let world: StandInHosts;
beforeEach(() => {
  world = new StandInHosts(addresses);
  for (const name of Object.keys(addresses)) world.write(`hosts/${name}/etc/hosts`, others);
});
afterEach(() => world.remove());

/** The text of a step, for a node of that name at the first master's address. */
async function textOf(address = vip, name = "k8s-master1"): Promise<string> {
  const resources = await registered(() => {
    const nodes = [hostAt(name, addresses["k8s-master1"])];
    const rfc2136 = { server: "192.0.2.53", zone: "example.com", keyName: "kc", secret: "c2VjcmV0" };
    const args = { fqdn, address: "192.0.2.11", hosts: nodes, rfc2136 };
    const { recordId } = new DnsRecord("kube-control", args);
    new DnsSwap("kube-control-swap", { ...args, recordId, newAddress: address });
  });
  return String(revealed(resources.get(`kube-control-swap-hosts-entry-${name}`)?.inputs.stdin));
}
const write = async (address = vip) => world.run(await textOf(address), "create");
const remove = async () => world.run(await textOf(), "delete");

/** Runs the command of the installed unit, as systemd does at boot. */
const boot = () =>
  world.run(`create() { ${/^ExecStart=(.*)$/m.exec(world.read(service))?.[1]}; }\ncreate\n`, "create", "k8s-master1");

const inode = (file: string) => statSync(world.path(file)).ino;

describe("the line", () => {
  test("is appended to /etc/hosts, and the file is not replaced, because it may be a mount", async () => {
    const before = inode(hosts);
    const { status, stdout } = await write();
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining(`${fqdn} resolves to ${vip} on k8s-master1, also without DNS`),
    ]);
    expect(world.read(hosts)).toBe(others + line());
    expect(inode(hosts)).toBe(before);
  });

  test("is written once: a second run changes nothing", async () => {
    await write();
    utimesSync(world.path(hosts), 1, 1);
    expect((await write()).status).toBe(0);
    expect(world.read(hosts)).toBe(others + line());
    expect(statSync(world.path(hosts)).mtimeMs).toBe(1000);
  });

  test.each(["192.0.2.9", "192.0.2.200"])("is changed with the virtual IP to %s", async (address) => {
    await write();
    expect((await write(address)).status).toBe(0);
    expect(world.read(hosts)).toBe(others + line(address));
    expect(world.read(service)).toContain(`kube-control-hosts ${address} ${fqdn}\n`);
  });

  test("is complete if the last line before it has no end, or other lines follow it", async () => {
    world.write(hosts, others.trimEnd());
    await write();
    expect(world.read(hosts)).toBe(others + line());
    world.write(hosts, `${others + line("192.0.2.9")}10.0.0.1 files\n`);
    await write();
    expect(world.read(hosts)).toBe(`${others}10.0.0.1 files\n${line()}`);
  });

  test("is in kubelet's copies for pods in the host's network, and in no other pod's", async () => {
    const copy = (pod: string) => `${root}/var/lib/kubelet/pods/${pod}/etc-hosts`;
    const [ofHost, ofPod] = ["# Kubernetes-managed hosts file (host network).\n", "# Kubernetes-managed hosts file.\n"];
    world.write(copy("proxy"), ofHost + others);
    world.write(copy("coredns"), ofPod + others);
    await write();
    expect([world.read(copy("proxy")), world.read(copy("coredns"))]).toEqual([
      ofHost + others + line(),
      ofPod + others,
    ]);
    await remove();
    expect([world.read(copy("proxy")), world.read(copy("coredns"))]).toEqual([ofHost + others, ofPod + others]);
  });

  test("fails if another line of the file resolves the name to another address", async () => {
    world.haste = 10;
    world.write(hosts, `192.0.2.11 ${fqdn}\n`);
    const { status, stderr } = await write();
    expect(status).not.toBe(0);
    expect(stderr).toMatch(
      /another line of .*\/etc\/hosts may contain the name; last seen: it resolves to 192\.0\.2\.11$/m,
    );
  });
});

describe("at boot", () => {
  test("the line is restored if cloud-init or Docker has rewritten the file", async () => {
    await write();
    world.write(hosts, "127.0.0.1 localhost\n");
    expect((await boot()).status).toBe(0);
    expect(world.read(hosts)).toBe(`127.0.0.1 localhost\n${line()}`);
  });

  test("it is restored after cloud-init, before kubelet, and whenever the file changes", async () => {
    const { calls } = await write();
    expect(world.read(service)).toMatch(
      /^After=cloud-init\.service cloud-init-network\.service\nBefore=kubelet\.service$/m,
    );
    expect(world.read(path)).toMatch(/^PathChanged=.*\/etc\/hosts$/m);
    expect(calls.filter((call) => call.includes("systemctl"))).toEqual([
      "k8s-master1: systemctl daemon-reload",
      "k8s-master1: systemctl enable --quiet kube-control-hosts.service kube-control-hosts.path",
      "k8s-master1: systemctl restart kube-control-hosts.path",
    ]);
    expect(world.mode(program)).toBe(0o755);
  });
});

describe("the removal", () => {
  test("restores the file, and removes everything that could write the line again", async () => {
    const before = inode(hosts);
    await write();
    const { status, stdout, calls } = await remove();
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^removed the line from .*\/etc\/hosts of k8s-master1$/m),
    ]);
    expect([world.read(hosts), inode(hosts)]).toEqual([others, before]);
    for (const file of [program, service, path]) expect([file, world.exists(file)]).toEqual([file, false]);
    // the units are stopped first, because they would write the line again
    expect(calls.filter((call) => call.includes("systemctl"))).toEqual([
      "k8s-master1: systemctl disable --quiet --now kube-control-hosts.path kube-control-hosts.service",
      "k8s-master1: systemctl daemon-reload",
    ]);
    expect(world.list(`${root}/run`)).toEqual(["kube-control"]);
  });

  test("of a missing line succeeds", async () => {
    expect((await remove()).status).toBe(0);
    expect(world.read(hosts)).toBe(others);
  });

  test("on a host that does not answer succeeds, and says what remains and how to remove it", async () => {
    world.order("ssh k8s-master1: ", { status: 255, stderr: "ssh: connect: Connection timed out\n" });
    world.haste = 10;
    const { status, stdout } = await remove();
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/does not answer: .* sudo \/usr\/local\/sbin\/kube-control-hosts remove/),
    ]);
  });

  test("keeps the line of a host that has become another node", async () => {
    const renamed = await textOf(vip, "k8s-renamed");
    world.write("addresses", "k8s-master1 192.0.2.11\n");
    await write();
    expect((await world.run(renamed, "delete")).status).toBe(0);
    expect(world.read(hosts)).toBe(others + line());
  });
});

describe("the check that every host has seen the swap", () => {
  const check = async () => {
    const resources = await registered(() => {
      const rfc2136 = { server: "192.0.2.53", zone: "example.com", keyName: "kc", secret: "c2VjcmV0" };
      const nodes = [hostAt("k8s-master1", "192.0.2.11")];
      const args = { fqdn, address: "192.0.2.11", hosts: nodes, rfc2136 };
      const { recordId } = new DnsRecord("kube-control", args);
      new DnsSwap("kube-control-swap", { ...args, recordId, newAddress: vip });
    });
    const text = resources.get("kube-control-swap-seen-by-k8s-master1")?.inputs.stdin;
    return world.run(String(text), "create", "k8s-master1");
  };

  test("asks DNS, so a line of /etc/hosts hides neither an old nor a new answer", async () => {
    world.haste = 100;
    world.write(hosts, line());
    world.write("name", "192.0.2.11\n");
    const before = await check();
    expect([before.status, before.stderr]).toEqual([64, expect.stringContaining("by DNS it resolves to 192.0.2.11")]);
    world.write(hosts, line("192.0.2.9"));
    world.write("name", `${vip}\n`);
    expect((await check()).status).toBe(0);
  });

  test("asks systemd-resolved, if the host uses it, for answers without /etc/hosts", async () => {
    world.write(`${root}/etc/resolv.conf`, "nameserver 127.0.0.53\noptions edns0 trust-ad\n");
    world.link(join(__dirname, "../../stand-ins/tool.sh"), "bin/resolvectl");
    world.write(hosts, line());
    world.order("resolvectl --legend=no --synthesize=no -4 query", {
      stdout: `${fqdn}: ${vip} -- link: eth0\n`,
    });
    const { status, calls } = await check();
    expect(status).toBe(0);
    expect(calls.filter((call) => call.includes("getent"))).toEqual([]);
  });
});
