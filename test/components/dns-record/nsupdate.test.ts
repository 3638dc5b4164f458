import { DnsRecord, DnsSwap } from "../../../components/dns-record";
import { hidden } from "../../recorder";
import { StandInHosts } from "../../stand-ins/hosts";
import { hostAt, registered } from "../registered";

// The real scripts, run by bash on hosts that are folders (test/stand-ins/README.md). `dig` and `nsupdate` are fakes that record their
// calls and give a test's answers. The name server is the file `zone`, with lines "TYPE VALUE".

const fqdn = "kube-control.example.com";
const initial = "192.168.2.151";
const vip = "192.168.2.140";
const addresses = { "k8s-master1": initial, "k8s-master2": "192.168.2.152", "k8s-worker1": "192.168.2.161" };
const names = Object.keys(addresses);

const tools: Readonly<Record<string, string>> = {
  // dig's output with +noall +comments +answer; its exit code is 9 without an answer, and 0 with any answer
  dig: `
    type=\${!#}
    status=NOERROR
    [[ -s $WORLD/zone ]] || status=NXDOMAIN
    [[ ! -e $WORLD/status-$type ]] || status=$(cat "$WORLD/status-$type")
    if [[ $status == silence ]]; then
      printf ';; communications error to 192.168.2.53#53: timed out\\n;; no servers could be reached\\n'
      exit 9
    fi
    printf ';; Got answer:\\n;; ->>HEADER<<- opcode: QUERY, status: %s, id: 4711\\n' "$status"
    printf ';; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\\n\\n;; ANSWER SECTION:\\n'
    [[ $status != NOERROR ]] || grep -E "^($type|CNAME) " "$WORLD/zone" | sed 's/^/Kube-Control.example.com. 60 IN /'
    exit 0`,
  nsupdate: `
    echo "$AT: nsupdate $*" >>"$WORLD/argv"
    while read -r line; do
      echo "$AT: $line" >>"$WORLD/updates"
      case $line in
        'update delete '*) grep -v '^A ' "$WORLD/zone" >"$WORLD/rest"; mv "$WORLD/rest" "$WORLD/zone" ;;
        'update add '*) echo "A \${line##* }" >>"$WORLD/zone" ;;
      esac
    done
    [[ ! -e $WORLD/refusal ]] || { cat "$WORLD/refusal"; exit 2; }`,
  "dpkg-query": "echo 'ii 1'",
};

let scripts: { readonly record: string; readonly swap: string };
let world: StandInHosts;

beforeAll(async () => {
  const resources = await registered(() => {
    const hosts = Object.entries(addresses).map(([name, address]) => hostAt(name, address));
    const rfc2136 = { server: "192.168.2.53", zone: "example.com", keyName: "kc", secret: "CANARY=" };
    const args = { fqdn, address: initial, adoptable: [vip], hosts, rfc2136 };
    const { recordId } = new DnsRecord("kube-control", args);
    new DnsSwap("kube-control-swap", { ...args, recordId, newAddress: vip });
  });
  const text = (name: string) => String(hidden(resources.get(name)?.inputs.stdin));
  scripts = { record: text(`kube-control-rfc2136-${fqdn}`), swap: text(`kube-control-swap-${fqdn}-update`) };
});

beforeEach(() => {
  world = new StandInHosts(addresses);
  for (const [name, body] of Object.entries(tools)) tool(name, body);
  world.haste = 5;
  zone();
});
afterEach(() => world.remove());

function tool(name: string, body: string): void {
  // what is written to a link would change the file behind it
  if (world.exists(`bin/${name}`)) world.delete(`bin/${name}`);
  world.write(`bin/${name}`, `#!/bin/bash\n${body}\n`, 0o755);
}

const zone = (...records: string[]) => world.write("zone", records.map((line) => `${line}\n`).join(""));
const answers = (type: "A" | "AAAA", status: string) => world.write(`status-${type}`, status);
const silent = (host: string) =>
  world.order(`ssh ${host}:`, { status: 255, stderr: "ssh: connect to host port 22: Connection timed out\n" });

async function run(which: "record" | "swap", phase: "create" | "update" | "delete") {
  world.write("updates");
  const done = await world.run(scripts[which].replace('run_phase "$1"', `run_phase ${phase}`), "create");
  const sent = world.read("updates").split("\n");
  const updates = sent.filter((line) => /: (prereq|update) /.test(line));
  return { ...done, updates: updates.map((line) => line.replace(/^\S+: /, "")), from: senders(updates) };
}
const senders = (updates: readonly string[]) => [...new Set(updates.map((line) => line.replace(/: .*$/, "")))];

const made = [`prereq nxrrset ${fqdn}. A`, `prereq nxrrset ${fqdn}. CNAME`, `update add ${fqdn}. 60 A ${initial}`];
const pointed = (address: string) => [`update delete ${fqdn}. A`, `update add ${fqdn}. 60 A ${address}`];

describe("the record", () => {
  test("a name gets a record if it has none, or only records of other types", async () => {
    expect(await run("record", "create")).toMatchObject({ status: 0, stderr: "", updates: made });
    zone();
    for (const type of ["A", "AAAA"] as const) answers(type, "NOERROR");
    expect(await run("record", "create")).toMatchObject({ status: 0, updates: made });
  });

  test.each([
    ["the first master", initial],
    ["the virtual IP", vip],
  ])("a single record with the address of %s is adopted without an update", async (_what, address) => {
    zone(`A ${address}`);
    const { status, stdout, updates } = await run("record", "create");
    expect([status, stdout, updates]).toEqual([0, `adopted ${fqdn}, which already has the address ${address}\n`, []]);
    expect(world.read("zone")).toBe(`A ${address}\n`);
  });

  test.each([
    ["an IPv6 address beside it", [`A ${initial}`, "AAAA 2001:db8::1"]],
    ["both of our addresses", [`A ${vip}`, `A ${initial}`]],
    ["an address of others", ["A 192.168.2.99"]],
    ["a CNAME", ["CNAME elsewhere.example.com."]],
  ])("a name with %s is refused, and the error names both remedies", async (_what, records) => {
    zone(...records);
    const { status, stderr, updates } = await run("record", "create");
    expect([status, updates]).toEqual([64, []]);
    expect(stderr).toContain(
      `${fqdn} has records already: ${[...records].sort().join(", ")}. Either delete them; or leave a single A record at ` +
        `${initial} or ${vip}, which is then adopted`,
    );
  });

  test("an update of the step creates the record only if it is missing", async () => {
    zone(`A ${vip}`);
    expect(await run("record", "update")).toMatchObject({ status: 0, updates: [] });
    zone();
    expect(await run("record", "update")).toMatchObject({ status: 0, updates: made });
  });

  test("the deletion removes it, and a second deletion changes nothing", async () => {
    zone(`A ${vip}`);
    for (let times = 0; times < 2; times++) {
      expect(await run("record", "delete")).toMatchObject({ status: 0, stdout: `deleted ${fqdn}\n` });
      expect(world.read("zone")).toBe("");
    }
  });
});

describe.each([
  ["A", "silence", "192.168.2.53 does not answer on port 53"],
  ["AAAA", "silence", "192.168.2.53 does not answer on port 53"],
  ["A", "SERVFAIL", "192.168.2.53 answers SERVFAIL"],
  ["A", "REFUSED", "192.168.2.53 answers REFUSED"],
] as const)("%s: %s is not mistaken for a name without records", (type, said, message) => {
  beforeEach(() => answers(type, said));

  test.each(["create", "update"] as const)("by the record's %s, which sends nothing", async (phase) => {
    const { status, stderr, updates } = await run("record", phase);
    expect([status, updates]).toEqual([64, []]);
    expect(stderr).toContain(`error: ${message}\n`);
  });

  test("by the record's delete, which waits and then fails", async () => {
    const { status, stderr } = await run("record", "delete");
    expect(status).toBe(64);
    expect(stderr).toContain(`to have no record; last seen: ${message}`);
  });
});

describe("the swap", () => {
  test("one message changes the record, even if repeated, and one restores it at the deletion", async () => {
    zone(`A ${initial}`);
    for (let times = 0; times < 2; times++) {
      expect(await run("swap", "create")).toMatchObject({ status: 0, stderr: "", updates: pointed(vip) });
      // delete and add are in the same message
      expect(world.read("updates").match(/: send$/gm)).toHaveLength(1);
      expect(world.read("zone")).toBe(`A ${vip}\n`);
    }
    expect(await run("swap", "delete")).toMatchObject({
      status: 0,
      stdout: `${fqdn} is at ${initial} again\n`,
      updates: pointed(initial),
    });
  });

  test("an update that the server refuses fails on the first host, with the server's answer", async () => {
    world.write("refusal", "update failed: REFUSED\n");
    const { status, stderr, from } = await run("swap", "create");
    expect([status, from]).toEqual([64, ["k8s-master1"]]);
    expect(stderr).toContain("through k8s-master1:");
    expect(stderr).toContain("update failed: REFUSED");
    expect(stderr).toContain("192.168.2.53 did not accept the update of");
  });
});

const all = [
  ["record", "create", made],
  ["record", "update", made],
  ["record", "delete", pointed("").slice(0, 1)],
  ["swap", "create", pointed(vip)],
  ["swap", "delete", pointed(initial)],
] as const;

describe.each(all)("%s, %s", (which, phase, updates) => {
  test("is done by the first host, without a connection to another one", async () => {
    const { status, from, calls } = await run(which, phase);
    expect([status, from]).toEqual([0, ["k8s-master1"]]);
    expect(calls.filter((call) => /^ssh k8s-(master2|worker1)/.test(call))).toEqual([]);
  });

  test("is done by the next host if the first one does not answer", async () => {
    silent("k8s-master1");
    expect(await run(which, phase)).toMatchObject({ status: 0, updates, from: ["k8s-master2"] });
  });

  test("is done by the next host if the connection to the first one breaks during the update", async () => {
    world.order("ssh k8s-master1: [a-z_]*(record|swap)", { status: 255, stderr: "Connection reset by peer\n" });
    expect(await run(which, phase)).toMatchObject({ status: 0, updates, from: ["k8s-master2"] });
  });

  test("waits for a host that is starting", async () => {
    for (const host of names) world.order(`ssh ${host}:`, { times: 2, status: 255, stderr: "Connection refused\n" });
    expect(await run(which, phase)).toMatchObject({ status: 0, from: ["k8s-master1"] });
  });
});

describe("if no host answers", () => {
  beforeEach(() => names.forEach(silent));

  test.each(all.filter(([, phase]) => phase !== "delete"))("%s, %s fails and names each host", async (which, phase) => {
    const { status, stderr, updates } = await run(which, phase);
    expect([status, updates]).toEqual([64, []]);
    for (const host of names) expect(stderr).toMatch(new RegExp(`no host can send .*${host}: .*Connection timed out`));
  });

  test.each([
    ["record", `no host answers: the record ${fqdn} remains on 192.168.2.53 (`],
    ["swap", `no host answers: the record ${fqdn} stays at ${vip} (`],
  ] as const)("the deletion of the %s succeeds and says what remains", async (which, message) => {
    zone(`A ${vip}`);
    const { status, stdout, stderr } = await run(which, "delete");
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(message);
    expect(world.read("zone")).toBe(`A ${vip}\n`);
  });
});

test("if a host answers but refuses the login, a deletion fails", async () => {
  for (const host of names)
    world.order(`ssh ${host}:`, { status: 255, stderr: "ops@host: Permission denied (publickey).\n" });
  for (const which of ["record", "swap"] as const) {
    const { status, stderr } = await run(which, "delete");
    expect(status).toBe(64);
    expect(stderr).toContain("Permission denied (publickey)");
  }
});

test("missing tools are installed", async () => {
  tool("dpkg-query", "exit 1");
  tool("apt-get", 'echo "$AT: $DEBIAN_FRONTEND $*" >>"$WORLD/apt"');
  const { status, stdout } = await run("record", "create");
  expect([status, stdout]).toEqual([0, `installed bind9-dnsutils\n${fqdn} is at ${initial}\n`]);
  expect(world.read("apt")).toMatch(/^k8s-master1: noninteractive .*install .*bind9-dnsutils$/m);
});

test("the TSIG secret is in no argument, no output and no remaining file", async () => {
  world.noteEveryProcess();
  world.write("refusal", "secret CANARY= is wrong\n");
  const { stdout, stderr, calls } = await run("swap", "create");
  const seen = [stdout, stderr, ...calls, world.read("argv")].join("\n");
  expect(seen).toContain("nsupdate -k");
  expect(seen).not.toContain("CANARY");
  expect(stderr).toContain("[secret]");
  expect(world.holding("CANARY", "hosts")).toEqual([]);
  expect(world.list("tmp")).toEqual([]);
});
