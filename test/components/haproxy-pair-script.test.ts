import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyDropIn, keepalivedDropIn, watchUnit } from "../../components/haproxy-pair/drop-ins";
import { renderHaproxy } from "../../components/haproxy-pair/haproxy";
import { renderKeepalived } from "../../components/haproxy-pair/keepalived";
import { renderScript } from "../../host/script";

// The real scripts, run by bash in a folder that stands for the host's root; its tools are stand-ins that write down how
// they were called, and fail where a test wants them to.

const source = (file: string) => readFileSync(join(__dirname, "../../components/haproxy-pair", file), "utf8");
const steps = { setUp: "load-balancer.sh", start: "keepalived.sh", note: "membership.sh", leave: "membership.sh" };

const tools: Record<string, string> = {
  systemctl: `
    echo "systemctl $*" >>"$ROOT/calls"
    name=\${!#}; name=\${name%.service}
    case $* in
      is-active*) [[ -e $ROOT/active-$name ]] ;;
      cat*) [[ -e $ROOT/installed-$name ]] ;;
      start*|restart*) [[ ! -e $ROOT/fails-$name ]] && touch "$ROOT/active-$name" ;;
      disable*) rm -f "$ROOT/active-$name" ;;
    esac`,
  "apt-get": `
    echo "apt-get $*" >>"$ROOT/calls"
    for word; do case $word in haproxy|keepalived|socat)
      case " $* " in *' install '*) touch "$ROOT/installed-$word" ;; *' purge '*) rm -f "$ROOT/installed-$word" ;; esac
    esac; done`,
  "dpkg-query": `[[ -e $ROOT/installed-\${!#} ]] && echo 'ii '`,
  haproxy: `echo "haproxy $*" >>"$ROOT/calls"; ! grep BROKEN "\${!#}"`,
  keepalived: `echo "keepalived $*" >>"$ROOT/calls"; ! grep BROKEN "\${!#}"`,
  ip: `
    case $* in
      *' to '*) [[ ! -e $ROOT/left-over ]] || echo '2: ens160    inet 192.168.2.140/24 scope global secondary ens160:1' ;;
      *'address show'*) printf '%s\\n' '1: lo    inet 127.0.0.5/8 scope host lo' "2: $(cat "$ROOT/interface")    inet 127.0.0.1/24 brd 127.0.0.255 scope global" ;;
      *) echo "ip $*" >>"$ROOT/calls" ;;
    esac`,
  // taken: a port, and what ss says of who listens there
  ss: `[[ ! -e $ROOT/taken ]] || grep -q "sport = :$(cut -d ' ' -f 1 "$ROOT/taken")$" <<<"$*" && cut -d ' ' -f 2- "$ROOT/taken"`,
  journalctl: `echo 'what the service said last'`,
};

let root: string;
let server: Server;
let port: number;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kube-control-host-"));
  mkdirSync(join(root, "bin"));
  mkdirSync(join(root, "run"));
  writeFileSync(join(root, "interface"), "ens160\n");
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(join(root, "bin", name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(root, "bin", name), 0o755);
  }
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as { port: number }).port;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(root, { recursive: true });
});

interface Change {
  readonly haproxy?: string;
  readonly keepalived?: string;
  readonly password?: string;
  readonly advertInterval?: number;
  readonly watch?: string;
  readonly masters?: readonly string[];
}

async function run(step: keyof typeof steps, change: Change = {}) {
  const [lb1, lb2] = [
    { name: "haproxy-lb1", address: "127.0.0.1", priority: 250 },
    { name: "haproxy-lb2", address: "192.168.2.142", priority: 240 },
  ];
  const { masters = ["k8s-master1"] } = change;
  const haproxy = { name: "k8s-managers", port, backends: masters.map((name) => ({ name, address: "192.168.2.151" })) };
  const vrrpVersion = change.password === undefined ? 3 : 2;
  const virtualIp = { address: "192.168.2.140", vrrpVersion, advertInterval: change.advertInterval } as const;
  const rendered = renderScript("haproxy-lb1", {
    step,
    script: `${source("services.sh")}\n${source(steps[step])}`.replaceAll(
      /(?<![\w.])\/(etc|var\/lib|run|usr\/local\/sbin)\//g,
      `${root}/$1/`,
    ),
    variables: {
      ADDRESS: "127.0.0.1",
      VIRTUAL_IP: "192.168.2.140",
      PORT: String(port),
      HEALTH_PORT: "8404",
      HAPROXY_CFG: renderHaproxy(haproxy) + (change.haproxy ?? ""),
      KEEPALIVED_CONF: renderKeepalived(virtualIp, lb1, [lb2]) + (change.keepalived ?? ""),
      HAPROXY_DROP_IN: haproxyDropIn,
      KEEPALIVED_DROP_IN: keepalivedDropIn("192.168.2.140"),
      WATCH_PROGRAM: source("haproxy-watch.sh") + (change.watch ?? ""),
      WATCH_UNIT: watchUnit(haproxy, "192.168.2.140"),
      PAIR: "",
    },
    secrets: change.password === undefined ? undefined : { VRRP_PASSWORD: change.password },
    lock: false,
    timeoutSeconds: 50,
  });
  const text = await new Promise<string>((resolve) => rendered.apply(resolve));
  writeFileSync(join(root, "calls"), "");
  const bash = spawn("bash", ["-s", "--", step === "leave" ? "delete" : "create"], {
    env: { ...process.env, ROOT: root, PATH: `${join(root, "bin")}:${process.env["PATH"]}` },
  });
  let [stdout, stderr] = ["", ""];
  bash.stdout.on("data", (data) => (stdout += data));
  bash.stderr.on("data", (data) => (stderr += data));
  bash.stdin.end(text);
  const status = await new Promise<number | null>((resolve) => bash.on("close", resolve));
  return { status, stdout, stderr, calls: readFileSync(join(root, "calls"), "utf8").trim().split("\n") };
}

/** A load balancer that stands. */
async function setUp(change: Change = {}) {
  await run("setUp", change);
  return run("start", change);
}

const live = (path: string) => readFileSync(join(root, path), "utf8");
/** The calls that change what runs. */
const deeds = (calls: readonly string[]) =>
  calls.filter((call) => /^systemctl (start|restart|reload|disable|daemon-reload)/.test(call));

test("a first run installs while the services are masked, validates, and starts HAProxy, but not yet Keepalived", async () => {
  const { status, stderr, calls } = await run("setUp");
  expect([status, stderr]).toEqual([0, ""]);
  const at = (part: string) => {
    const index = calls.findIndex((call) => call.includes(part));
    if (index < 0) throw new Error(`${part} is not among the calls: ${calls.join("; ")}`);
    return index;
  };
  expect(at("systemctl mask --quiet --runtime haproxy.service keepalived.service")).toBeLessThan(at("install"));
  expect(at("install")).toBeLessThan(at("systemctl unmask"));
  expect(at("systemctl unmask")).toBeLessThan(at("haproxy -c"));
  expect(at("haproxy -c")).toBeLessThan(at("keepalived -t"));
  expect(at("keepalived -t")).toBeLessThan(at("systemctl start"));
  expect(deeds(calls)).toEqual([
    "systemctl disable --quiet --now keepalived.service",
    "systemctl daemon-reload",
    "systemctl start haproxy.service",
    "systemctl restart haproxy-watch.service",
  ]);
  // nor does a boot start it
  expect(calls.filter((call) => call.startsWith("systemctl enable"))).toEqual([
    "systemctl enable --quiet haproxy.service haproxy-watch.service",
  ]);
  expect(live("usr/local/sbin/haproxy-watch")).toBe(source("haproxy-watch.sh"));
  expect(statSync(join(root, "usr/local/sbin/haproxy-watch")).mode & 0o777).toBe(0o755);
  expect(live("etc/keepalived/keepalived.conf")).toContain("192.168.2.140/24 dev ens160 label ens160:1\n");
  expect(live("etc/keepalived/keepalived.conf")).not.toContain("@");
  expect(statSync(join(root, "etc/keepalived/keepalived.conf")).mode & 0o777).toBe(0o600);
});

test("what notes the deletion changes nothing", async () => {
  const { status, calls } = await run("note");
  expect([status, calls]).toEqual([0, [""]]);
});

test("Keepalived is started and enabled where it does not run, and left alone where it does", async () => {
  await run("setUp");
  const first = await run("start");
  expect([first.status, deeds(first.calls)]).toEqual([0, ["systemctl start keepalived.service"]]);
  expect(first.calls).toContain("systemctl enable --quiet keepalived.service");
  const second = await run("start");
  expect([second.status, second.stdout, deeds(second.calls)]).toEqual([0, "", []]);
});

test("a Keepalived that does not start fails its step with its last words", async () => {
  await run("setUp");
  writeFileSync(join(root, "fails-keepalived"), "");
  const { status, stderr } = await run("start");
  expect(status).toBe(64);
  expect(stderr).toContain("what the service said last");
});

test("a Keepalived that someone stopped gets its new files, and runs with them when it is started", async () => {
  await setUp();
  rmSync(join(root, "active-keepalived"));
  const { calls } = await run("setUp", { advertInterval: 0.2 });
  expect(deeds(calls)).toEqual([]);
  expect(live("etc/keepalived/keepalived.conf")).toContain("advert_int 0.2\n");
  expect(deeds((await run("start")).calls)).toEqual(["systemctl start keepalived.service"]);
});

test("a Keepalived that ran for somebody else ends before it has our configuration", async () => {
  for (const file of ["installed-keepalived", "active-keepalived"]) writeFileSync(join(root, file), "");
  mkdirSync(join(root, "etc/keepalived"), { recursive: true });
  writeFileSync(join(root, "etc/keepalived/keepalived.conf"), "# the owner's own\n");
  const { calls } = await run("setUp");
  expect(deeds(calls).filter((call) => call.includes("keepalived"))).toEqual([
    "systemctl disable --quiet --now keepalived.service",
  ]);
  await run("start");
  await run("leave");
  expect(live("etc/keepalived/keepalived.conf")).toBe("# the owner's own\n");
});

test("a second run changes nothing and touches no service", async () => {
  await setUp();
  for (const step of ["setUp", "start"] as const) {
    const { status, stdout, calls } = await run(step);
    expect([status, stdout, deeds(calls)]).toEqual([0, "", []]);
  }
});

test("a changed haproxy.cfg reloads HAProxy and leaves Keepalived alone", async () => {
  await setUp();
  const { calls } = await run("setUp", { haproxy: "# more\n" });
  expect(deeds(calls)).toEqual(["systemctl reload haproxy.service"]);
});

test("the watch starts anew when its program or its unit has changed, and HAProxy goes on", async () => {
  await setUp();
  const program = await run("setUp", { watch: "# more\n" });
  expect(deeds(program.calls)).toEqual(["systemctl restart haproxy-watch.service"]);
  expect(live("usr/local/sbin/haproxy-watch")).toContain("# more\n");
  // another master is another argument of the unit's
  const { calls } = await run("setUp", { watch: "# more\n", masters: ["k8s-master1", "k8s-master2"] });
  expect(deeds(calls)).toEqual([
    "systemctl daemon-reload",
    "systemctl reload haproxy.service",
    "systemctl restart haproxy-watch.service",
  ]);
  expect(live("etc/systemd/system/haproxy-watch.service")).toMatch(/ k8s-master1 k8s-master2$/m);
});

test("a watch that someone stopped runs again", async () => {
  await setUp();
  rmSync(join(root, "active-haproxy-watch"));
  expect(deeds((await run("setUp")).calls)).toEqual(["systemctl restart haproxy-watch.service"]);
});

test("a changed VRRP instance reloads Keepalived; a changed version restarts it", async () => {
  await setUp();
  expect(deeds((await run("setUp", { advertInterval: 0.2 })).calls)).toEqual(["systemctl reload keepalived.service"]);
  expect(deeds((await run("setUp", { password: "labvip" })).calls)).toEqual(["systemctl restart keepalived.service"]);
});

test.each(["haproxy", "keepalived"] as const)(
  "where %s refuses its new configuration, both running files stay and no service is touched",
  async (which) => {
    await setUp();
    const files = ["etc/haproxy/haproxy.cfg", "etc/keepalived/keepalived.conf"];
    const before = files.map(live);
    const { status, stderr, calls } = await run("setUp", { haproxy: "# more\n", [which]: "BROKEN\n" });
    expect(status).toBe(64);
    expect(stderr).toContain(`${which} refuses its new configuration`);
    expect(files.map(live)).toEqual(before);
    expect(deeds(calls)).toEqual([]);
    for (const file of files) expect(existsSync(join(root, `${file}.candidate`))).toBe(false);
  },
);

test("what a run wrote and could not bring to its service is brought there by the next one", async () => {
  await setUp();
  rmSync(join(root, "active-haproxy"));
  writeFileSync(join(root, "fails-haproxy"), "");
  const failed = await run("setUp", { haproxy: "# more\n", advertInterval: 0.2 });
  expect(failed.status).toBe(64);
  expect(failed.stderr).toContain("what the service said last");
  rmSync(join(root, "fails-haproxy"));
  writeFileSync(join(root, "active-haproxy"), "");
  const { status, calls } = await run("setUp", { haproxy: "# more\n", advertInterval: 0.2 });
  expect(status).toBe(0);
  expect(deeds(calls)).toEqual([
    "systemctl daemon-reload",
    "systemctl reload haproxy.service",
    "systemctl restart haproxy-watch.service",
    "systemctl restart keepalived.service",
  ]);
});

test("a password of shell's and sed's special characters arrives as it is, and shows in no output", async () => {
  const password = "a&$#!'/{";
  const { status, stdout, stderr, calls } = await run("setUp", { password });
  expect(status).toBe(0);
  expect(live("etc/keepalived/keepalived.conf")).toContain(`auth_pass "${password}"\n`);
  expect([stdout, stderr, ...calls].join("\n")).not.toContain(password);
});

test("an interface whose name leaves no room for a label goes without one", async () => {
  writeFileSync(join(root, "interface"), "enxaabbccddeeff\n");
  await setUp();
  expect(live("etc/keepalived/keepalived.conf")).toContain("192.168.2.140/24 dev enxaabbccddeeff\n");
});

test("an address that no interface carries, and ports that are another program's, are refused before anything is done", async () => {
  const calls: string[] = [];
  for (const taken of [port, 8404]) {
    writeFileSync(join(root, "taken"), `${taken} LISTEN 0 128 *:${taken} *:* users:(("nginx",pid=7,fd=6))\n`);
    const refused = await run("setUp");
    expect(refused.stderr).toMatch(new RegExp(`port ${taken} is taken on this host: .*nginx`));
    calls.push(...refused.calls);
  }
  writeFileSync(join(root, "bin/ip"), "#!/bin/bash\n");
  const elsewhere = await run("setUp");
  expect(elsewhere.stderr).toContain("no interface of this host carries 127.0.0.1");
  expect([...calls, ...elsewhere.calls].filter((call) => /install|mask/.test(call))).toEqual([]);
});

test("HAProxy's own ports are no other program's", async () => {
  await setUp();
  writeFileSync(join(root, "taken"), `8404 LISTEN 0 128 127.0.0.1:8404 *:* users:(("haproxy",pid=7,fd=6))\n`);
  expect((await run("setUp")).status).toBe(0);
});

test("delete stops the watch first and Keepalived before HAProxy, takes a left-over virtual IP off, and removes what was installed", async () => {
  await setUp();
  for (const file of ["left-over", "run/haproxy.blind"]) writeFileSync(join(root, file), "");
  const { status, calls } = await run("leave");
  expect(status).toBe(0);
  const order = [
    "systemctl disable --quiet --now haproxy-watch.service",
    "systemctl disable --quiet --now keepalived.service",
    "systemctl disable --quiet --now haproxy.service",
    "ip address del 192.168.2.140/24 dev ens160",
    "apt-get -o DPkg::Lock::Timeout=300 purge -y keepalived",
    "apt-get -o DPkg::Lock::Timeout=300 purge -y haproxy",
  ];
  expect(calls.filter((call) => order.includes(call))).toEqual(order);
  const gone = [
    ...["etc/haproxy/haproxy.cfg", "etc/keepalived/keepalived.conf", "var/lib/kube-control"],
    ...["usr/local/sbin/haproxy-watch", "etc/systemd/system/haproxy-watch.service", "run/haproxy.blind"],
  ];
  for (const path of gone) {
    expect(existsSync(join(root, path))).toBe(false);
  }
  expect(existsSync(join(root, "etc/systemd/system/haproxy.service.d"))).toBe(false);
});

test("delete twice is as good as once, and so is delete on a host that was never set up", async () => {
  expect((await run("leave")).status).toBe(0);
  await setUp();
  await run("leave");
  const { status, stdout, calls } = await run("leave");
  expect([status, stdout]).toEqual([0, ""]);
  expect(calls.filter((call) => /purge|disable/.test(call))).toEqual([]);
});

test("delete leaves alone what a run that failed early has not touched, and takes off what it has", async () => {
  writeFileSync(join(root, "installed-haproxy"), "");
  writeFileSync(join(root, "active-haproxy"), "");
  mkdirSync(join(root, "etc/haproxy"), { recursive: true });
  writeFileSync(join(root, "etc/haproxy/haproxy.cfg"), "# the owner's own\n");
  const failed = await run("setUp", { keepalived: "BROKEN\n" });
  expect(failed.status).toBe(64);
  const { status, calls } = await run("leave");
  expect(status).toBe(0);
  expect(calls.filter((call) => /purge|disable/.test(call))).toEqual([
    "systemctl disable --quiet --now keepalived.service",
    "apt-get -o DPkg::Lock::Timeout=300 purge -y keepalived",
  ]);
  expect(live("etc/haproxy/haproxy.cfg")).toBe("# the owner's own\n");
  expect(existsSync(join(root, "var/lib/kube-control"))).toBe(false);
});

test("a package that was there before stays, with the configuration it had", async () => {
  writeFileSync(join(root, "installed-haproxy"), "");
  mkdirSync(join(root, "etc/haproxy"), { recursive: true });
  writeFileSync(join(root, "etc/haproxy/haproxy.cfg"), "# the owner's own\n");
  await setUp();
  await run("setUp", { haproxy: "# more\n" });
  const { calls } = await run("leave");
  expect(calls.filter((call) => call.includes("purge"))).toEqual([expect.stringMatching(/ keepalived$/)]);
  expect(live("etc/haproxy/haproxy.cfg")).toBe("# the owner's own\n");
});
