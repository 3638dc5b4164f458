import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haproxyDropIn, keepalivedDropIn, watchUnit } from "../../../components/haproxy-pair/drop-ins";
import { renderHaproxy, type HaproxyServer } from "../../../components/haproxy-pair/haproxy";
import { renderKeepalived } from "../../../components/haproxy-pair/keepalived";
import { renderScript } from "../../../host/script";

// The real scripts, run by bash in a folder that is the host's root. Its tools are fakes that record their calls, and fail where
// a test says so.

const source = (file: string) => readFileSync(join(__dirname, "../../../components/haproxy-pair", file), "utf8");
const prelude = readFileSync(join(__dirname, "../../../host/prelude.sh"), "utf8");
const acrossHosts = readFileSync(join(__dirname, "../../../host/across-hosts.sh"), "utf8");
const steps = {
  setUp: "load-balancer.sh",
  start: "start-keepalived.sh",
  servers: "load-balancer.sh",
  register: "removal.sh",
  remove: "removal.sh",
};

// sleep returns at once and advances $SECONDS; only the watchdog sleeps for real
const clock = `sleep() {
  if [[ $1 == "\${KC_TIMEOUT-}" ]]; then command sleep "$1"; else SECONDS=$((SECONDS + \${1%.*} + 1)); fi
}
`;

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
    if [[ " $* " == *' -s '* ]]; then
      [[ ! -e $ROOT/needs-\${!#} ]] || cat "$ROOT/needs-\${!#}"
      exit
    fi
    for word; do case $word in haproxy|keepalived|socat)
      case " $* " in *' install '*) touch "$ROOT/installed-$word" ;; *' purge '*) rm -f "$ROOT/installed-$word" ;; esac
    esac; done`,
  "apt-mark": `echo "apt-mark $*" >>"$ROOT/calls"
    case $1 in hold) touch "$ROOT/held-$2" ;; unhold) rm -f "$ROOT/held-$2" ;; esac`,
  dpkg: `echo "dpkg $*" >>"$ROOT/calls"`,
  // half: a package that an interrupted dpkg left unconfigured
  "dpkg-query": `if [[ -e $ROOT/half-\${!#} ]]; then echo 'iU '; elif [[ -e $ROOT/held-\${!#} ]]; then echo 'hi '; elif [[ -e $ROOT/installed-\${!#} ]]; then echo 'ii '; fi`,
  haproxy: `echo "haproxy $*" >>"$ROOT/calls"; ! grep BROKEN "\${!#}"`,
  keepalived: `echo "keepalived $*" >>"$ROOT/calls"; ! grep BROKEN "\${!#}"`,
  ip: `
    case $* in
      *' to '*) [[ ! -e $ROOT/left-over ]] || echo '2: ens160    inet 192.168.2.140/24 scope global secondary ens160:1' ;;
      *'address show'*) printf '%s\\n' '1: lo    inet 127.0.0.5/8 scope host lo' "2: $(cat "$ROOT/interface")    inet 127.0.0.1/24 brd 127.0.0.255 scope global" ;;
      *) echo "ip $*" >>"$ROOT/calls" ;;
    esac`,
  // taken: a port, and ss's line about the program that listens there
  ss: `[[ ! -e $ROOT/taken ]] || grep -q "sport = :$(cut -d ' ' -f 1 "$ROOT/taken")$" <<<"$*" && cut -d ' ' -f 2- "$ROOT/taken"`,
  journalctl: `echo 'what the service said last'`,
  // down: the host does not answer
  ssh: `[[ ! -e $ROOT/down ]] || { echo 'ssh: connect to host 127.0.0.1 port 22: No route to host' >&2; exit 255; }
    echo "ssh" >>"$ROOT/calls"
    exec bash -c "\${!#}"`,
  id: `echo 0`,
  // name: the address to which the control plane's name resolves
  getent: `[[ ! -e $ROOT/name ]] || echo "$(cat "$ROOT/name") STREAM"`,
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
  readonly masters?: readonly HaproxyServer[];
  readonly node?: string;
  readonly cluster?: string;
  readonly virtualIp?: string;
}

const master1 = { name: "k8s-master1", address: "192.168.2.151" };
// it serves
const master2 = { name: "k8s-master2", address: "127.0.0.1" };

async function run(step: keyof typeof steps, change: Change = {}) {
  const { masters = [master1], node = "haproxy-lb1", cluster = "kube-control.example.com:6443" } = change;
  const [lb1, lb2] = [
    { name: node, address: "127.0.0.1", priority: 250 },
    { name: "haproxy-lb2", address: "192.168.2.142", priority: 240 },
  ];
  const haproxy = { name: "k8s-managers", port, servers: masters };
  const vrrpVersion = change.password === undefined ? 3 : 2;
  const { virtualIp: address = "192.168.2.140" } = change;
  const virtualIp = { address, vrrpVersion, advertInterval: change.advertInterval } as const;
  const beside = steps[step] === "removal.sh";
  const script = `${source("files-and-services.sh")}\n${source(steps[step])}`;
  const rendered = renderScript(node, {
    step,
    script: beside ? `${acrossHosts}\n${script}` : inRoot(script),
    variables: {
      NODE: node,
      CLUSTER: cluster,
      VIRTUAL_IP: address,
      ...(beside
        ? { KC_HOSTS: `${node} ops@127.0.0.1:22`, KC_KNOWN_HOSTS: "127.0.0.1 KEY\n", KC_SSH_OPTIONS: "", KC_JUMP: "" }
        : {
            ADDRESS: "127.0.0.1",
            PORT: String(port),
            HEALTH_PORT: "8404",
            HAPROXY_CFG: renderHaproxy(haproxy) + (change.haproxy ?? ""),
            KEEPALIVED_CONF: renderKeepalived(virtualIp, lb1, [lb2]) + (change.keepalived ?? ""),
            HAPROXY_DROP_IN: haproxyDropIn,
            KEEPALIVED_DROP_IN: keepalivedDropIn(address),
            WATCH_PROGRAM: source("haproxy-watch.sh") + (change.watch ?? ""),
            WATCH_UNIT: watchUnit(haproxy, address),
            DEFER: step === "setUp" ? "1" : "0",
            PAIR: "",
          }),
    },
    secrets: change.password === undefined ? undefined : { VRRP_PASSWORD: change.password },
    lock: false,
    timeoutSeconds: 50,
  });
  const text = await new Promise<string>((resolve) => rendered.apply(resolve));
  writeFileSync(join(root, "calls"), "");
  const bash = spawn("bash", ["-s", "--", step === "remove" ? "delete" : "create"], {
    env: {
      ...process.env,
      ROOT: root,
      PATH: `${join(root, "bin")}:${process.env["PATH"]}`,
      ...(existsSync(join(root, "clock")) ? { BASH_ENV: join(root, "clock") } : {}),
    },
  });
  let [stdout, stderr] = ["", ""];
  bash.stdout.on("data", (data) => (stdout += data));
  bash.stderr.on("data", (data) => (stderr += data));
  bash.stdin.end(beside ? inRoot(text) : text.replace(prelude, () => inRoot(prelude)));
  const status = await new Promise<number | null>((resolve) => bash.on("close", resolve));
  return { status, stdout, stderr, calls: readFileSync(join(root, "calls"), "utf8").trim().split("\n") };
}

/** The text with the host's root in place of its paths. */
function inRoot(text: string): string {
  return text.replaceAll(/(?<![\w.])\/(etc|var\/lib|run|usr\/local\/sbin)\//g, `${root}/$1/`);
}

/** From here on, sleep returns at once. */
function skipPauses(): void {
  writeFileSync(join(root, "clock"), clock);
}

/** Sets up a load balancer and starts it. */
async function setUp(change: Change = {}) {
  await run("setUp", change);
  return run("start", change);
}

const live = (path: string) => readFileSync(join(root, path), "utf8");
/** The calls that change services. */
const changingCalls = (calls: readonly string[]) =>
  calls.filter((call) => /^systemctl (start|restart|reload|disable|daemon-reload)/.test(call));

test("the first run installs masked services, validates, and starts HAProxy but not Keepalived", async () => {
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
  expect(changingCalls(calls)).toEqual([
    "systemctl disable --quiet --now keepalived.service",
    "systemctl daemon-reload",
    "systemctl start haproxy.service",
    "systemctl restart haproxy-watch.service",
  ]);
  // a boot does not start Keepalived either
  expect(calls.filter((call) => call.startsWith("systemctl enable"))).toEqual([
    "systemctl enable --quiet haproxy.service haproxy-watch.service",
  ]);
  expect(live("usr/local/sbin/haproxy-watch")).toBe(source("haproxy-watch.sh"));
  expect(statSync(join(root, "usr/local/sbin/haproxy-watch")).mode & 0o777).toBe(0o755);
  expect(live("etc/keepalived/keepalived.conf")).toContain("192.168.2.140/24 dev ens160 label ens160:1\n");
  expect(live("etc/keepalived/keepalived.conf")).not.toContain("@");
  expect(statSync(join(root, "etc/keepalived/keepalived.conf")).mode & 0o777).toBe(0o600);
});

test("creating the removal step changes nothing", async () => {
  const { status, calls } = await run("register");
  expect([status, calls]).toEqual([0, [""]]);
});

test("a stopped Keepalived is started and enabled; a running one is not touched", async () => {
  await run("setUp");
  const first = await run("start");
  expect([first.status, changingCalls(first.calls)]).toEqual([0, ["systemctl start keepalived.service"]]);
  expect(first.calls).toContain("systemctl enable --quiet keepalived.service");
  const second = await run("start");
  expect([second.status, second.stdout, changingCalls(second.calls)]).toEqual([0, "", []]);
});

test("if Keepalived does not start, the step fails with the service's last messages", async () => {
  await run("setUp");
  writeFileSync(join(root, "fails-keepalived"), "");
  const { status, stderr } = await run("start");
  expect(status).toBe(64);
  expect(stderr).toContain("what the service said last");
});

test("a Keepalived that was stopped by hand gets its new files and starts with them", async () => {
  await setUp();
  rmSync(join(root, "active-keepalived"));
  const { calls } = await run("setUp", { advertInterval: 0.2 });
  expect(changingCalls(calls)).toEqual([]);
  expect(live("etc/keepalived/keepalived.conf")).toContain("advert_int 0.2\n");
  expect(changingCalls((await run("start")).calls)).toEqual(["systemctl start keepalived.service"]);
});

test("a Keepalived that ran with another configuration is stopped before it gets ours", async () => {
  for (const file of ["installed-keepalived", "active-keepalived"]) writeFileSync(join(root, file), "");
  mkdirSync(join(root, "etc/keepalived"), { recursive: true });
  writeFileSync(join(root, "etc/keepalived/keepalived.conf"), "# the owner's own\n");
  const { calls } = await run("setUp");
  expect(changingCalls(calls).filter((call) => call.includes("keepalived"))).toEqual([
    "systemctl disable --quiet --now keepalived.service",
  ]);
  await run("start");
  await run("remove");
  expect(live("etc/keepalived/keepalived.conf")).toBe("# the owner's own\n");
});

test("a second run changes nothing and touches no service", async () => {
  await setUp();
  for (const step of ["setUp", "start"] as const) {
    const { status, stdout, calls } = await run(step);
    expect([status, stdout, changingCalls(calls)]).toEqual([0, "", []]);
  }
});

test("a changed haproxy.cfg reloads HAProxy and does not touch Keepalived", async () => {
  await setUp();
  const { calls } = await run("setUp", { haproxy: "# more\n" });
  expect(changingCalls(calls)).toEqual(["systemctl reload haproxy.service"]);
});

test("haproxy-watch restarts when its program or its unit changes, and HAProxy does not", async () => {
  await setUp();
  const program = await run("setUp", { watch: "# more\n" });
  expect(changingCalls(program.calls)).toEqual(["systemctl restart haproxy-watch.service"]);
  expect(live("usr/local/sbin/haproxy-watch")).toContain("# more\n");
  // the unit lists the masters as arguments
  const { calls } = await run("servers", { watch: "# more\n", masters: [master1, master2] });
  expect(changingCalls(calls)).toEqual([
    "systemctl daemon-reload",
    "systemctl reload haproxy.service",
    "systemctl restart haproxy-watch.service",
  ]);
  expect(live("etc/systemd/system/haproxy-watch.service")).toMatch(/ k8s-master1 k8s-master2$/m);
});

test("a haproxy-watch that was stopped by hand is restarted", async () => {
  await setUp();
  rmSync(join(root, "active-haproxy-watch"));
  expect(changingCalls((await run("setUp")).calls)).toEqual(["systemctl restart haproxy-watch.service"]);
});

test("the track file's former name is removed after Keepalived has reloaded its new one", async () => {
  await setUp();
  const systemctl = join(root, "bin/systemctl");
  const list = `[[ $* != 'reload keepalived.service' ]] || ls "$ROOT/run" >"$ROOT/run-at-reload"\n`;
  writeFileSync(systemctl, `#!/bin/bash\n${list}${readFileSync(systemctl, "utf8")}`);
  writeFileSync(join(root, "run/haproxy.blind"), "0\n");
  writeFileSync(join(root, conf), live(conf).replaceAll("no_servers", "blind").replaceAll("no-servers", "blind"));
  const { status, calls } = await run("setUp");
  expect([status, changingCalls(calls)]).toEqual([0, ["systemctl reload keepalived.service"]]);
  expect(live("run-at-reload")).toContain("haproxy.blind\n");
  expect(existsSync(join(root, "run/haproxy.blind"))).toBe(false);
});

test("a changed VRRP instance reloads Keepalived; a changed version restarts it", async () => {
  await setUp();
  expect(changingCalls((await run("setUp", { advertInterval: 0.2 })).calls)).toEqual([
    "systemctl reload keepalived.service",
  ]);
  expect(changingCalls((await run("setUp", { password: "labvip" })).calls)).toEqual([
    "systemctl restart keepalived.service",
  ]);
});

test.each(["haproxy", "keepalived"] as const)(
  "if %s refuses its new configuration, both files stay and no service is touched",
  async (which) => {
    await setUp();
    const files = ["etc/haproxy/haproxy.cfg", "etc/keepalived/keepalived.conf"];
    const before = files.map(live);
    const { status, stderr, calls } = await run("setUp", { haproxy: "# more\n", [which]: "BROKEN\n" });
    expect(status).toBe(64);
    expect(stderr).toContain(`${which} refuses its new configuration`);
    expect(files.map(live)).toEqual(before);
    expect(changingCalls(calls)).toEqual([]);
    for (const file of files) expect(existsSync(join(root, `${file}.candidate`))).toBe(false);
  },
);

test("files that an interrupted run wrote are applied by the next run", async () => {
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
  expect(changingCalls(calls)).toEqual([
    "systemctl daemon-reload",
    "systemctl reload haproxy.service",
    "systemctl restart haproxy-watch.service",
    "systemctl restart keepalived.service",
  ]);
});

test("a password with special characters is written unchanged and shows in no output", async () => {
  const password = "a&$#!'/{";
  const { status, stdout, stderr, calls } = await run("setUp", { password });
  expect(status).toBe(0);
  expect(live("etc/keepalived/keepalived.conf")).toContain(`auth_pass "${password}"\n`);
  expect([stdout, stderr, ...calls].join("\n")).not.toContain(password);
});

test("an interface with a long name gets no label", async () => {
  writeFileSync(join(root, "interface"), "enxaabbccddeeff\n");
  await setUp();
  expect(live("etc/keepalived/keepalived.conf")).toContain("192.168.2.140/24 dev enxaabbccddeeff\n");
});

test("an address without an interface, or a port in use, is refused before any change", async () => {
  const calls: string[] = [];
  for (const taken of [port, 8404]) {
    writeFileSync(join(root, "taken"), `${taken} LISTEN 0 128 *:${taken} *:* users:(("nginx",pid=7,fd=6))\n`);
    const refused = await run("setUp");
    expect(refused.stderr).toMatch(new RegExp(`port ${taken} is taken on this host: .*nginx`));
    calls.push(...refused.calls);
  }
  writeFileSync(join(root, "bin/ip"), "#!/bin/bash\n");
  const elsewhere = await run("setUp");
  expect(elsewhere.stderr).toContain("no interface of this host has the address 127.0.0.1");
  expect([...calls, ...elsewhere.calls].filter((call) => /install|mask/.test(call))).toEqual([]);
});

test("ports that HAProxy itself listens on are accepted", async () => {
  await setUp();
  writeFileSync(join(root, "taken"), `8404 LISTEN 0 128 127.0.0.1:8404 *:* users:(("haproxy",pid=7,fd=6))\n`);
  expect((await run("setUp")).status).toBe(0);
});

const purge = "apt-get -o DPkg::Lock::Timeout=300 -o APT::Get::AutomaticRemove=false purge -y";

test("both packages are held, and nothing restarts for it", async () => {
  await setUp();
  // a stack of an earlier version has no holds
  for (const path of ["var/lib/kube-control/held", "held-haproxy", "held-keepalived"]) {
    rmSync(join(root, path), { recursive: true });
  }
  const { status, calls } = await run("setUp");
  expect(status).toBe(0);
  expect(calls.filter((call) => call.startsWith("apt-mark"))).toEqual([
    "apt-mark hold haproxy",
    "apt-mark hold keepalived",
  ]);
  expect(changingCalls(calls)).toEqual([]);
});

test("a package that another package depends on stays installed at the removal", async () => {
  await setUp();
  writeFileSync(join(root, "needs-haproxy"), "Purg hatop [0.8]\nPurg haproxy [2.6.12]\n");
  writeFileSync(join(root, "needs-keepalived"), "Purg keepalived [2.2.7]\n");
  const { status, stdout, calls } = await run("remove");
  expect(status).toBe(0);
  expect(stdout).toContain("left the package haproxy installed: hatop depends on it\n");
  expect(calls.filter((call) => call.includes("purge -y"))).toEqual([`${purge} keepalived`]);
});

test("a package that another dpkg run left unconfigured is not purged at the removal", async () => {
  writeFileSync(join(root, "half-haproxy"), "");
  await run("setUp");
  rmSync(join(root, "half-haproxy"));
  const { calls } = await run("remove");
  expect(calls.filter((call) => call.includes("purge -y"))).toEqual([`${purge} keepalived`]);
});

test("a removal stops haproxy-watch, Keepalived, HAProxy in this order and purges the packages", async () => {
  await setUp();
  for (const file of ["left-over", "run/haproxy.no-servers", "run/haproxy.blind"]) writeFileSync(join(root, file), "");
  const { status, calls } = await run("remove");
  expect(status).toBe(0);
  const order = [
    "systemctl disable --quiet --now haproxy-watch.service",
    "systemctl disable --quiet --now keepalived.service",
    "systemctl disable --quiet --now haproxy.service",
    "ip address del 192.168.2.140/24 dev ens160",
    "apt-mark unhold keepalived",
    "apt-mark unhold haproxy",
    `${purge} keepalived`,
    `${purge} haproxy`,
  ];
  expect(calls.filter((call) => order.includes(call))).toEqual(order);
  const gone = [
    ...["etc/haproxy/haproxy.cfg", "etc/keepalived/keepalived.conf", "var/lib/kube-control"],
    ...["usr/local/sbin/haproxy-watch", "etc/systemd/system/haproxy-watch.service"],
    ...["run/haproxy.down", "run/haproxy.no-servers", "run/haproxy.blind"],
  ];
  for (const path of gone) {
    expect(existsSync(join(root, path))).toBe(false);
  }
  expect(existsSync(join(root, "etc/systemd/system/haproxy.service.d"))).toBe(false);
});

test("a removal succeeds twice, and on a host that was never set up", async () => {
  expect((await run("remove")).status).toBe(0);
  await setUp();
  await run("remove");
  const { status, stdout, calls } = await run("remove");
  expect([status, stdout]).toEqual([0, ""]);
  expect(calls.filter((call) => /purge -y|disable/.test(call))).toEqual([]);
});

test("a removal after a set-up that failed early undoes only that run's changes", async () => {
  writeFileSync(join(root, "installed-haproxy"), "");
  writeFileSync(join(root, "active-haproxy"), "");
  mkdirSync(join(root, "etc/haproxy"), { recursive: true });
  writeFileSync(join(root, "etc/haproxy/haproxy.cfg"), "# the owner's own\n");
  const failed = await run("setUp", { keepalived: "BROKEN\n" });
  expect(failed.status).toBe(64);
  const { status, calls } = await run("remove");
  expect(status).toBe(0);
  expect(calls.filter((call) => /purge -y|disable/.test(call))).toEqual([
    "systemctl disable --quiet --now keepalived.service",
    `${purge} keepalived`,
  ]);
  expect(live("etc/haproxy/haproxy.cfg")).toBe("# the owner's own\n");
  expect(existsSync(join(root, "var/lib/kube-control"))).toBe(false);
});

test("a configuration that a removed package left is restored at the removal", async () => {
  mkdirSync(join(root, "etc/haproxy"), { recursive: true });
  writeFileSync(join(root, "etc/haproxy/haproxy.cfg"), "# the owner's own\n");
  await setUp();
  expect(live("etc/haproxy/haproxy.cfg")).not.toBe("# the owner's own\n");
  await run("remove");
  expect(live("etc/haproxy/haproxy.cfg")).toBe("# the owner's own\n");
});

test("a package that was installed before stays, and its configuration is restored", async () => {
  writeFileSync(join(root, "installed-haproxy"), "");
  mkdirSync(join(root, "etc/haproxy"), { recursive: true });
  writeFileSync(join(root, "etc/haproxy/haproxy.cfg"), "# the owner's own\n");
  await setUp();
  await run("setUp", { haproxy: "# more\n" });
  const { calls } = await run("remove");
  expect(calls.filter((call) => call.includes("purge -y"))).toEqual([expect.stringMatching(/ keepalived$/)]);
  expect(live("etc/haproxy/haproxy.cfg")).toBe("# the owner's own\n");
});

const files = ["etc/haproxy/haproxy.cfg", "etc/keepalived/keepalived.conf", "etc/systemd/system/haproxy-watch.service"];
const [cfg, conf, unit] = files as [string, string, string];
const mark = "var/lib/kube-control/load-balancer/unapplied";
// nothing listens at 127.0.0.3
const silentMaster = { name: "k8s-master3", address: "127.0.0.3" };
const newMaster = { name: "k8s-master4", address: "127.0.0.1" };

describe("a server that leaves the list", () => {
  const before = { masters: [master1, master2] };

  test('stays in haproxy.cfg and in haproxy-watch\'s unit until the step "servers"', async () => {
    await setUp(before);
    const old = files.map(live);
    const first = await run("setUp", { masters: [master2, newMaster], advertInterval: 0.2 });
    expect([first.status, first.stderr]).toEqual([0, ""]);
    expect(first.stdout).toContain("until the control plane is ready: k8s-master1 192.168.2.151, k8s-master4 ");
    expect([live(cfg), live(unit)]).toEqual([old[0], old[2]]);
    // all other files are applied
    expect(live(conf)).toContain("advert_int 0.2\n");
    expect(changingCalls(first.calls)).toEqual(["systemctl reload keepalived.service"]);
    expect(existsSync(join(root, mark))).toBe(false);

    const second = await run("servers", { masters: [master2, newMaster], advertInterval: 0.2 });
    expect([second.status, second.stderr]).toEqual([0, ""]);
    expect(live(cfg)).not.toContain("k8s-master1");
    expect(live(unit)).toMatch(/ k8s-master2 k8s-master4$/m);
    expect(changingCalls(second.calls)).toEqual([
      "systemctl daemon-reload",
      "systemctl reload haproxy.service",
      "systemctl restart haproxy-watch.service",
    ]);
  });

  test.each([
    ["name", { name: "k8s-master9", address: master1.address }],
    ["address", { name: master1.name, address: "192.168.2.159" }],
  ])("is one whose %s is no longer in the list, the other being the same", async (_what, changed) => {
    await setUp(before);
    const old = live(cfg);
    const { stdout } = await run("setUp", { masters: [changed, master2] });
    expect(stdout).toContain("k8s-master1 192.168.2.151");
    expect(live(cfg)).toBe(old);
  });

  test("is kept, and the new ones are named, while no new one accepts a connection", async () => {
    await setUp(before);
    const old = files.map(live);
    skipPauses();
    const { status, stderr, calls } = await run("servers", { masters: [silentMaster] });
    expect(status).toBe(64);
    expect(stderr).toContain(`waited 60 s for one of k8s-master3 127.0.0.3 to accept a connection on port ${port}`);
    expect(files.map(live)).toEqual(old);
    expect(changingCalls(calls)).toEqual([]);
    expect(existsSync(join(root, mark))).toBe(false);
  });

  test("is dropped once one of several new ones accepts a connection", async () => {
    await setUp(before);
    const { status } = await run("servers", { masters: [silentMaster, newMaster] });
    expect(status).toBe(0);
    expect(live(cfg)).not.toMatch(/k8s-master[12]/);
  });

  test("is dropped by the first run if no server of the list accepts a connection", async () => {
    await setUp({ masters: [silentMaster] });
    const { status, stdout } = await run("setUp", { masters: [newMaster] });
    expect([status, stdout]).toEqual([0, expect.not.stringContaining("until the control plane is ready")]);
    expect(live(cfg)).not.toContain("k8s-master3");
    expect(live(cfg)).toContain("server k8s-master4 ");
  });

  test("does not hide an invalid haproxy.cfg from the first run", async () => {
    await setUp(before);
    const { status, stderr } = await run("setUp", { masters: [master2], haproxy: "BROKEN\n" });
    expect(status).toBe(64);
    expect(stderr).toContain("haproxy refuses its new configuration");
  });

  test("stays after an interrupted run, whose files are applied", async () => {
    await setUp(before);
    writeFileSync(join(root, mark), "");
    const { status, calls } = await run("setUp", { masters: [master2] });
    expect(status).toBe(0);
    expect(live(cfg)).toContain("k8s-master1");
    expect(changingCalls(calls)).toEqual([
      "systemctl daemon-reload",
      "systemctl reload haproxy.service",
      "systemctl restart haproxy-watch.service",
      "systemctl restart keepalived.service",
    ]);
    expect(existsSync(join(root, mark))).toBe(false);
  });

  test("is kept by a repeated interrupted run while no new one accepts", async () => {
    await setUp({ masters: [silentMaster] });
    // haproxy.cfg was written, but HAProxy was not reloaded
    writeFileSync(join(root, mark), "");
    skipPauses();
    const { status, calls } = await run("servers", { masters: [silentMaster] });
    expect([status, changingCalls(calls)]).toEqual([64, []]);
    expect(existsSync(join(root, mark))).toBe(true);
  });

  test("in a haproxy.cfg that is not ours is replaced by the first run", async () => {
    mkdirSync(join(root, "etc/haproxy"), { recursive: true });
    writeFileSync(join(root, cfg), "backend own\n    server other 192.168.2.99:6443\n");
    const { status } = await run("setUp");
    expect(status).toBe(0);
    expect(live(cfg)).toContain("server k8s-master1 ");
  });

  test("does not fail the first run if HAProxy listens on another port", async () => {
    await setUp(before);
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port: free } = other.address() as { port: number };
    await new Promise((resolve) => other.close(resolve));
    const inUse = port;
    port = free;
    const { status } = await run("setUp", { masters: [master2] });
    port = inUse;
    expect(status).toBe(0);
  });
});

test('a server that joins a running load balancer\'s list is applied by the step "servers"', async () => {
  await setUp({ masters: [master2] });
  const change = { masters: [master2, silentMaster] };
  const first = await run("setUp", change);
  expect(first.stdout).toMatch(/until the control plane is ready: k8s-master3 [0-9.]+ will leave or join the list\n/);
  expect(live(cfg)).not.toContain("server k8s-master3 ");
  await run("servers", change);
  expect(live(cfg)).toContain("server k8s-master3 ");
});

describe("another virtual IP", () => {
  const settledConf = "var/lib/kube-control/load-balancer/settled-keepalived.conf";
  const line = (address: string) => `        ${address}/24 dev ens160 label ens160:1\n`;
  const blocks = () => /^ {4}virtual_ipaddress [^]*/m.exec(live(conf))?.[0];
  const beside = (advertised: string, ...excluded: string[]) =>
    `    virtual_ipaddress {\n${line(advertised)}    }\n    virtual_ipaddress_excluded {\n${excluded.map(line).join("")}    }\n}\n`;
  const only = (address: string) => `    virtual_ipaddress {\n${line(address)}    }\n}\n`;
  const [former, next] = [{}, { virtualIp: "192.168.2.150" }];
  const resolvesTo = (address: string) => writeFileSync(join(root, "name"), address);
  beforeEach(async () => {
    resolvesTo("192.168.2.140");
    await setUp(former);
  });

  test("is served beside the former one, and the adverts do not change", async () => {
    const { status, stdout, calls } = await run("setUp", next);
    expect(status).toBe(0);
    expect(stdout).toContain(
      "192.168.2.140 is served beside 192.168.2.150 until the name resolves to 192.168.2.150 on every node\n",
    );
    expect(blocks()).toBe(beside("192.168.2.140", "192.168.2.150"));
    expect(changingCalls(calls).filter((call) => call.includes("keepalived"))).toEqual([
      "systemctl reload keepalived.service",
    ]);
    expect(live(settledConf).endsWith(only("192.168.2.150"))).toBe(true);
    expect(statSync(join(root, settledConf)).mode & 0o777).toBe(0o600);
  });

  test("is served beside the former one when the steps run again", async () => {
    await run("setUp", next);
    for (const step of ["setUp", "servers"] as const) {
      const { status, calls } = await run(step, next);
      expect([status, changingCalls(calls)]).toEqual([0, []]);
      expect(blocks()).toBe(beside("192.168.2.140", "192.168.2.150"));
    }
  });

  test("that changes once more is served beside all earlier ones", async () => {
    await run("setUp", next);
    await run("setUp", { virtualIp: "192.168.2.160" });
    expect(blocks()).toBe(beside("192.168.2.140", "192.168.2.150", "192.168.2.160"));
  });

  test("that is reverted before the name changed leaves only the former one", async () => {
    await run("setUp", next);
    await run("setUp", former);
    expect([blocks(), existsSync(join(root, settledConf))]).toEqual([only("192.168.2.140"), false]);
  });

  test("is served beside the former one until the release step, even if the name resolves to it", async () => {
    await run("setUp", next);
    resolvesTo("192.168.2.150");
    await run("setUp", next);
    expect(blocks()).toBe(beside("192.168.2.140", "192.168.2.150"));
  });

  test("is the only one on a host that missed the change, if the name resolves to it", async () => {
    resolvesTo("192.168.2.150");
    await run("setUp", next);
    expect(blocks()).toBe(only("192.168.2.150"));
    expect(existsSync(join(root, settledConf))).toBe(false);
  });

  test("in a configuration that Keepalived refuses changes nothing", async () => {
    const { status } = await run("setUp", { ...next, keepalived: "BROKEN\n" });
    expect(status).toBe(64);
    expect([blocks(), existsSync(join(root, settledConf))]).toEqual([only("192.168.2.140"), false]);
  });
});

const owner = "var/lib/kube-control/load-balancer/owner";

test("the set-up writes cluster, name and role before it changes anything else", async () => {
  await run("setUp", { keepalived: "BROKEN\n" });
  expect(live(owner)).toBe("cluster kube-control.example.com:6443\nnode haproxy-lb1\nrole load balancer\n");
});

test("the set-up under another name writes that name, and nothing restarts", async () => {
  await setUp();
  writeFileSync(join(root, owner), "cluster kube-control.example.com:6443\nnode haproxy-lb9\nrole load balancer\n");
  const { stdout, calls } = await run("setUp");
  expect([stdout, changingCalls(calls)]).toEqual([`wrote ${join(root, owner)}\n`, []]);
  expect(live(owner)).toContain("node haproxy-lb1\n");
});

describe("a removal", () => {
  const untouched = async (change: Change) => {
    const before = files.map(live);
    const { status, stderr, stdout, calls } = await run("remove", change);
    expect([status, stderr]).toEqual([0, ""]);
    expect(calls.filter((call) => call !== "ssh")).toEqual([]);
    expect(files.map(live)).toEqual(before);
    return stdout;
  };

  test("of a renamed host changes nothing and prints both identities", async () => {
    await setUp({ node: "haproxy-lb9" });
    expect(await untouched({ node: "haproxy-lb1" })).toBe(
      "this host was not changed: expected haproxy-lb1, a load balancer of kube-control.example.com:6443; " +
        "found haproxy-lb9, a load balancer of kube-control.example.com:6443\n",
    );
  });

  test("of another cluster's host changes nothing and prints both identities", async () => {
    await setUp({ cluster: "other.example.com:6443" });
    expect(await untouched({})).toContain(
      "of kube-control.example.com:6443; found haproxy-lb1, a load balancer of other.example.com:6443\n",
    );
  });

  test("without an owner file compares Keepalived's router_id, and changes no other host", async () => {
    await setUp({ node: "haproxy-lb9" });
    rmSync(join(root, owner));
    expect(await untouched({ node: "haproxy-lb1" })).toContain(
      `expected haproxy-lb1, a load balancer of kube-control.example.com:6443; found haproxy-lb9 (router_id in ${join(root, conf)})\n`,
    );
  });

  test.each([
    ["is missing", (path: string) => rmSync(path)],
    ["is empty", (path: string) => writeFileSync(path, "")],
  ])("cleans up a host whose owner file %s and whose router_id is its name", async (_what, change) => {
    await setUp();
    change(join(root, owner));
    const { status, stdout } = await run("remove");
    expect(status).toBe(0);
    expect(stdout).toContain("removed haproxy\n");
    expect(existsSync(join(root, conf))).toBe(false);
  });

  test("prints an owner file as text and executes nothing in it", async () => {
    await setUp();
    const text = `a[$(touch\u00a0${root}/ran)0]\u001b[31m`;
    writeFileSync(join(root, owner), `cluster x\nnode ${text}\n`);
    const stdout = await untouched({});
    expect(stdout).toContain("found a[$(touch\u00a0");
    expect(stdout).not.toContain("\u001b");
    expect(existsSync(join(root, "ran"))).toBe(false);
  });

  test("of a host that does not answer succeeds and names what remains there", async () => {
    await setUp();
    writeFileSync(join(root, "down"), "");
    skipPauses();
    const { status, stdout, stderr, calls } = await run("remove");
    expect([status, stderr, calls]).toEqual([0, "", [""]]);
    expect(stdout).toMatch(
      /^haproxy-lb1 does not answer: HAProxy, Keepalived and haproxy-watch are still installed there/,
    );
    expect(files.map((file) => existsSync(join(root, file)))).toEqual([true, true, true]);
  });

  test("that fails on its host fails with the host's output", async () => {
    await setUp();
    writeFileSync(join(root, "bin/apt-get"), "#!/bin/bash\necho 'dpkg was interrupted' >&2\nexit 100\n");
    const { status, stderr } = await run("remove");
    expect(status).toBe(100);
    expect(stderr).toContain("dpkg was interrupted");
  });
});
