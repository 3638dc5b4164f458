import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { renderScript } from "../../host/script";

// The real scripts, run by bash; `dig` and `nsupdate` are stand-ins that a test tells what to answer, and that write down
// what they were asked. The name server is the file `zone`: "TYPE VALUE" a line.

const fqdn = "kube-control.example.com";
const birth = "192.168.2.151";
const vip = "192.168.2.140";
const source = (file: string) => readFileSync(join(__dirname, "../../components/dns-record", file), "utf8");

const tools: Record<string, string> = {
  // what dig prints with +noall +comments +answer; its exit code is 9 where nobody answers, and 0 for any answer
  dig: `
    type=\${!#}
    status=NOERROR
    [[ -s $ROOT/zone ]] || status=NXDOMAIN
    [[ ! -e $ROOT/status-$type ]] || status=$(cat "$ROOT/status-$type")
    if [[ $status == silence ]]; then
      printf ';; communications error to 192.168.2.53#53: timed out\\n;; no servers could be reached\\n'
      exit 9
    fi
    printf ';; Got answer:\\n;; ->>HEADER<<- opcode: QUERY, status: %s, id: 4711\\n' "$status"
    printf ';; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\\n\\n;; ANSWER SECTION:\\n'
    [[ $status != NOERROR ]] || grep -E "^($type|CNAME) " "$ROOT/zone" | sed 's/^/Kube-Control.example.com. 60 IN /'
    exit 0`,
  nsupdate: `
    while read -r line; do
      echo "$line" >>"$ROOT/updates"
      case $line in
        'update delete '*) grep -v '^A ' "$ROOT/zone" >"$ROOT/rest"; mv "$ROOT/rest" "$ROOT/zone" ;;
        'update add '*) echo "A \${line##* }" >>"$ROOT/zone" ;;
      esac
    done`,
  "dpkg-query": `echo 'ii 1'`,
};

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kube-control-dns-"));
  for (const [name, body] of Object.entries(tools)) {
    writeFileSync(join(root, name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(root, name), 0o755);
  }
  zone();
});

afterEach(() => rmSync(root, { recursive: true }));

const zone = (...records: string[]) => writeFileSync(join(root, "zone"), records.map((line) => `${line}\n`).join(""));
const answers = (type: "A" | "AAAA", status: string) => writeFileSync(join(root, `status-${type}`), status);

async function run(which: "record" | "swap", phase: "create" | "update" | "delete", patience?: number) {
  const script = `${source("nsupdate.sh")}\n${source(`nsupdate-${which}.sh`)}`;
  const rendered = renderScript("k8s-master1", {
    step: `${phase} the ${which}`,
    // what is waited for in vain, for a shorter time
    script: patience === undefined ? script : script.replaceAll(/wait_until \d+/g, `wait_until ${patience}`),
    variables: {
      ...{ SERVER: "192.168.2.53", SERVER_PORT: "53", ZONE: "example.com", FQDN: fqdn, TTL: "60", NAME_SERVERS: "" },
      ...{ KEY_NAME: "kc", KEY_ALGORITHM: "hmac-sha256", BIRTH_ADDRESS: birth },
      ADDRESS: which === "record" ? birth : vip,
    },
    secrets: { KEY_SECRET: "CANARY=" },
    lock: false,
    timeoutSeconds: 50,
  });
  const text = await new Promise<string>((resolve) => rendered.apply(resolve));
  rmSync(join(root, "updates"), { force: true });
  const bash = spawn("bash", ["-s", "--", phase], {
    env: { ...process.env, ROOT: root, PATH: `${root}:${process.env["PATH"]}` },
  });
  let [stdout, stderr] = ["", ""];
  bash.stdout.on("data", (data) => (stdout += data));
  bash.stderr.on("data", (data) => (stderr += data));
  bash.stdin.end(text);
  const status = await new Promise<number | null>((resolve) => bash.on("close", resolve));
  const updates = existsSync(join(root, "updates")) ? readFileSync(join(root, "updates"), "utf8").split("\n") : [];
  return { status, stdout, stderr, updates: updates.filter((line) => /^(prereq|update) /.test(line)) };
}

const made = [`prereq nxrrset ${fqdn}. A`, `prereq nxrrset ${fqdn}. CNAME`, `update add ${fqdn}. 60 A ${birth}`];

test("a name that is not there gets a record, and so does one that has others only", async () => {
  expect(await run("record", "create")).toMatchObject({ status: 0, updates: made });
  zone();
  for (const type of ["A", "AAAA"] as const) answers(type, "NOERROR");
  expect(await run("record", "create")).toMatchObject({ status: 0, updates: made });
});

test("a record at the address is adopted, whatever the case of its name; others are named", async () => {
  zone(`A ${birth}`);
  const adopted = await run("record", "create");
  expect([adopted.status, adopted.updates]).toEqual([0, []]);
  expect(adopted.stdout).toContain(`adopted ${fqdn}`);
  zone(`A ${birth}`, "AAAA 2001:db8::1");
  const others = await run("record", "create");
  expect([others.status, others.updates]).toEqual([64, []]);
  expect(others.stderr).toContain(`has records already: A ${birth}, AAAA 2001:db8::1.`);
  zone("CNAME elsewhere.example.com.");
  expect((await run("record", "create")).stderr).toContain("has records already: CNAME elsewhere.example.com..");
});

describe.each([
  ["A", "silence", "192.168.2.53 does not answer on port 53"],
  ["AAAA", "silence", "192.168.2.53 does not answer on port 53"],
  ["A", "SERVFAIL", "192.168.2.53 answers SERVFAIL"],
  ["A", "REFUSED", "192.168.2.53 answers REFUSED"],
] as const)("%s: %s is not taken for a name without records", (type, said, message) => {
  beforeEach(() => answers(type, said));

  test.each(["create", "update"] as const)("by the record's %s, which sends nothing", async (phase) => {
    const { status, stderr, updates } = await run("record", phase);
    expect([status, updates]).toEqual([64, []]);
    expect(stderr).toContain(`error: ${message}\n`);
  });

  test("by the record's delete, which waits until it is said", async () => {
    const { status, stderr } = await run("record", "delete", 0);
    expect(status).toBe(64);
    expect(stderr).toContain(`to be gone; last seen: ${message}`);
  });
});

test("a change of settings makes the record only where there is none", async () => {
  zone(`A ${vip}`);
  const there = await run("record", "update");
  expect([there.status, there.updates]).toEqual([0, []]);
  zone();
  expect((await run("record", "update")).updates).toEqual(made);
});

test("the swap leaves no moment without a record, and its deletion points back", async () => {
  zone(`A ${birth}`);
  const swapped = await run("swap", "create");
  expect([swapped.status, swapped.updates]).toEqual([
    0,
    [`update delete ${fqdn}. A`, `update add ${fqdn}. 60 A ${vip}`],
  ]);
  expect(readFileSync(join(root, "zone"), "utf8")).toBe(`A ${vip}\n`);
  const back = await run("swap", "delete");
  expect([back.status, back.updates.at(-1)]).toEqual([0, `update add ${fqdn}. 60 A ${birth}`]);
});
