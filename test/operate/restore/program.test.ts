import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { goodStack, root } from "../../settings/stack";
import { hosts, plan } from "../views";
import { aboutOf, archiveFiles, encryptedFor, newIdentity, tarOf } from "./archives";

// Runs the committed bundle as `npm run restore` does, with a script in place of ssh. It answers the survey of a master with
// ADDRESS.facts, records the work on a master, and keeps what follows a script on standard input.

let folder: string;
let identity: string;
const cluster = `${plan.fqdn}:${plan.port}`;
const masters = hosts.filter(({ role }) => role === "master");
const [first, second, third] = masters.map(({ address }) => address) as [string, string, string];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-restore-"));
  mkdirSync(join(folder, "bin"));
  const ssh = `#!/bin/bash
command=\${@: -1} login=\${@: -2:1} script=
mark=$(sed -n "s/.*echo \\(@kube-control-[0-9a-f]*\\) begins.*/\\1/p" <<<"$command")
address=\${login#*@}
[[ ! -e ${folder}/$address.silent ]] || { echo "connect to host $address port 22: Connection timed out" >&2; exit 255; }
work=
while IFS= read -r line; do
  case $line in
    'set -- '*) work=\${line#set -- } ;;
    'run_phase "$1"' | survey) break ;;
  esac
done
echo "$mark begins"
status=0
if [[ -z $work ]]; then
  cat "${folder}/$address.facts"
else
  echo "$address $work" >>"${folder}/calls"
  cat >"${folder}/$address.input"
  if [[ -e ${folder}/$address.fails ]]; then echo "error: broken" >&2; status=64; fi
fi
printf '\\n%s ends %s\\n' "$mark" "$status"
exit "$status"
`;
  writeFileSync(join(folder, "bin/ssh"), ssh, { mode: 0o755 });
  const config = Object.fromEntries(
    Object.entries(goodStack()).map(([key, value]) => [`kube-control:${key}`, value as unknown]),
  );
  writeFileSync(join(folder, "Pulumi.yaml"), readFileSync(join(root, "Pulumi.yaml")));
  writeFileSync(join(folder, "Pulumi.prod.yaml"), stringify({ config }));
  identity = newIdentity();
  writeFileSync(join(folder, "identity"), `# created: today\n${identity}\n`);
  archive("good");
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => {
  for (const { address } of masters) {
    state(address);
    for (const kind of ["silent", "fails", "input"]) rmSync(join(folder, `${address}.${kind}`), { force: true });
  }
  rmSync(join(folder, "calls"), { force: true });
});

const secondsFromNow = (seconds: number) => String(Math.round(Date.now() / 1000) + seconds);

/** What the survey of a master answers. */
function state(address: string, facts: Readonly<Record<string, string>> = {}): void {
  const all = {
    state: "member",
    leader: "no",
    data: "yes",
    alone: "no",
    "data-bytes": "1000",
    "free-bytes": "9000000000",
    "etcd-free-bytes": "9000000000",
    time: secondsFromNow(0),
    ...facts,
  };
  const lines = Object.entries({ ...all, complete: "yes" }).map((pair) => pair.join(" "));
  writeFileSync(join(folder, `${address}.facts`), lines.join("\n"));
}

const files = archiveFiles();
const goodTar = () => tarOf(aboutOf(files, { cluster }), files);

/** Writes an encrypted archive. */
function archive(name: string, plain: Buffer = goodTar()): void {
  writeFileSync(join(folder, name), encryptedFor(identity, plain));
}

const calls = () => (existsSync(join(folder, "calls")) ? readFileSync(join(folder, "calls"), "utf8") : "");

function run(...args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, PULUMI_STACK: "prod" };
  const child = spawn(process.execPath, [join(root, "operate/bundle.cjs"), "restore", ...args], { cwd: folder, env });
  child.stdin.end();
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => (stdout += data));
  child.stderr.on("data", (data) => (stderr += data));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, stdout, stderr })));
}

const restored = (name = "good", ...more: readonly string[]) =>
  run("--archive", name, "--identity", "identity", "--confirm", plan.fqdn, ...more);

test("the first master gets the archive, the others are reset, and the next command is named", async () => {
  const { code, stdout, stderr } = await restored();
  expect([code, stderr]).toEqual([0, ""]);
  const [begin, ...others] = calls().trim().split("\n");
  expect([begin, others.sort()]).toEqual([
    `${first} restore_master`,
    [`${second} reset_master`, `${third} reset_master`],
  ]);
  expect(stdout).toContain("Now run: pulumi up --refresh");
  for (const { name, address } of masters) expect(stdout).toContain(`${name} (${address})`);
  expect(stdout).toContain("snapshot of 2026-11-27T06:30:00Z, revision 77, made by k8s-master1");
});

test("the decrypted archive follows the script on standard input, and is on no disk of this machine", async () => {
  const plain = goodTar();
  archive("this", plain);
  expect((await restored("this")).code).toBe(0);
  expect(readFileSync(join(folder, `${first}.input`)).equals(plain)).toBe(true);
});

test("the cluster of a restore that was not completed is given up", async () => {
  state(first, { state: "restored", leader: "yes", alone: "yes" });
  state(second, { state: "begun" });
  expect((await restored()).code).toBe(0);
});

test("without a confirmation, nothing is changed, and what would be lost is printed", async () => {
  const { code, stdout } = await run("--archive", "good", "--identity", "identity");
  expect([code, calls()]).toEqual([3, ""]);
  expect(stdout).toContain("everything that was written to the cluster after 2026-11-27T06:30:00Z");
  expect(stdout).toContain(`pass --confirm ${plan.fqdn}`);
});

test("another name does not confirm", async () => {
  const { code, stdout } = await run("--archive", "good", "--identity", "identity", "--confirm", "other.example.com");
  expect([code, calls()]).toEqual([3, ""]);
  expect(stdout).toContain(`other.example.com is not ${plan.fqdn}`);
});

test("a master that does not answer is named with the command that must run there", async () => {
  writeFileSync(join(folder, `${third}.silent`), "");
  const { code, stdout } = await restored();
  expect([code, calls()]).toEqual([0, `${first} restore_master\n${second} reset_master\n`]);
  expect(stdout).toMatch(/These masters do not answer[^]*k8s-master3 \(192\.168\.2\.153\)\n.*kubeadm reset -f;/);
});

test("a failure on the first master ends the restore before another one is changed", async () => {
  writeFileSync(join(folder, `${first}.fails`), "");
  const { code, stdout } = await restored();
  expect([code, calls()]).toEqual([1, `${first} restore_master\n`]);
  expect(stdout).toContain("k8s-master1: failed: error: broken");
});

describe("refuses, and changes nothing:", () => {
  const refused = async (result: Promise<{ code: number | null; stderr: string }>, message: RegExp) => {
    const { code, stderr } = await result;
    expect([code, calls()]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
  };

  test.each<[string, object, RegExp]>([
    [
      "an archive of another cluster",
      { cluster: "other.example.com:6443" },
      /is of the cluster other\.example\.com:6443, and the stack is/,
    ],
    ["another format", { format: 2 }, /has the format 2, and this version of kube-control reads the format 1/],
    [
      "another version of Kubernetes",
      { kubernetes: "v1.36.1" },
      /has Kubernetes v1\.36\.1.*Set kubernetes\.version to v1\.36\.1/,
    ],
    ["an about.json with a wrong value", { revision: "new" }, /its about\.json is not valid/],
    [
      "sizes that are not those of the files",
      { sizes: { "etcd.db": 3 } },
      /which about\.json does not list|is incomplete/,
    ],
  ])("%s", async (_, changes, message) => {
    archive("other", tarOf(aboutOf(files, { cluster, ...changes }), files));
    await refused(restored("other"), message);
  });

  test("a damaged snapshot", async () => {
    const damaged = { ...files, "etcd.db": Buffer.from(files["etcd.db"] ?? "") };
    damaged["etcd.db"].write("DAMAGED", 600);
    archive("damaged", tarOf(aboutOf(damaged, { cluster }), damaged));
    await refused(restored("damaged"), /its snapshot of etcd is damaged/);
  });

  test("an archive without a key of the cluster", async () => {
    const { "pki/sa.key": _, ...rest } = files;
    archive("incomplete", tarOf(aboutOf(rest, { cluster }), rest));
    await refused(restored("incomplete"), /is incomplete: pki\/sa\.key/);
  });

  test("an archive that was cut off", async () => {
    writeFileSync(join(folder, "cut"), readFileSync(join(folder, "good")).subarray(0, 100_000));
    await refused(restored("cut"), /cannot be read/);
  });

  test("another identity", async () => {
    writeFileSync(join(folder, "wrong"), `${newIdentity()}\n`);
    await refused(
      run("--archive", "good", "--identity", "wrong", "--confirm", plan.fqdn),
      /cannot be decrypted with .*wrong/,
    );
  });

  test("a file that does not exist", async () => {
    await refused(restored("none"), /--archive: .*none does not exist/);
  });

  test("a cluster whose etcd has a leader", async () => {
    state(second, { leader: "yes" });
    await refused(restored(), /etcd has a leader \(on k8s-master2\).*pulumi up joins lost masters again/);
  });

  test("a master that is another host", async () => {
    state(third, { other: "k8s-master9, a master of other.example.com:6443" });
    await refused(restored(), /k8s-master3 \(192\.168\.2\.153\): is k8s-master9, a master of other/);
  });

  test("a first master that does not answer", async () => {
    writeFileSync(join(folder, `${first}.silent`), "");
    await refused(restored(), /k8s-master1: does not answer.*list a master that answers before it/);
  });

  test("a first master without space for the data", async () => {
    state(first, { "free-bytes": "1000000" });
    await refused(restored(), /k8s-master1: has 1 MiB free in \/var\/lib, and the restore needs 513 MiB/);
  });

  test.each([
    [-90, /k8s-master1: its clock is \d+ s behind this machine's/],
    [3600, /k8s-master1: its clock is \d+ s ahead of this machine's.*Synchronise the clocks/],
  ])("a first master whose clock differs by %d s", async (seconds, message) => {
    state(first, { time: secondsFromNow(seconds) });
    await refused(restored(), message);
  });

  test.each<[string, readonly string[], RegExp]>([
    ["no data", [], /--archive and --identity are missing, or --survivor/],
    ["two kinds of data", ["--survivor", "k8s-master1", "--archive", "good"], /--survivor cannot be combined/],
    ["a survivor that is no master", ["--survivor", "monitor"], /monitor is not a master of this stack: k8s-master1/],
    ["an unknown option", ["--now"], /Unknown option '--now'/],
  ])("%s", (_, args, message) => refused(run(...args), message));
});

describe("with --survivor,", () => {
  const survived = (...more: readonly string[]) => run("--survivor", "k8s-master2", "--confirm", plan.fqdn, ...more);

  test("its data become the cluster, then the others are reset", async () => {
    state(third, { state: "clean", data: "no" });
    const { code, stdout } = await survived();
    expect([code, calls()]).toEqual([0, `${second} survive\n${first} reset_master\n`]);
    expect(stdout).toContain("list k8s-master2 first in kube-control:masters, then run: pulumi up --refresh");
  });

  test("a cluster whose etcd has a leader is refused", async () => {
    state(first, { leader: "yes" });
    const { code, stderr } = await survived();
    expect([code, calls()]).toEqual([2, ""]);
    expect(stderr).toContain("etcd has a leader (on k8s-master1)");
  });

  test("an interrupted run is completed", async () => {
    state(second, { leader: "yes", alone: "yes", "etcd-free-bytes": "0" });
    expect([(await survived()).code, calls().split("\n")[0]]).toEqual([0, `${second} survive`]);
  });

  test("an interrupted run is refused if another master has a leader since", async () => {
    state(second, { leader: "yes", alone: "yes" });
    state(third, { leader: "yes" });
    const { code, stderr } = await run("--survivor", "k8s-master2", "--confirm", plan.fqdn);
    expect([code, calls()]).toEqual([2, ""]);
    expect(stderr).toContain("etcd has a leader (on k8s-master3)");
  });

  test("a master without space for the new data is refused", async () => {
    state(second, { "data-bytes": "5000000000", "etcd-free-bytes": "5000000000" });
    const { code, stderr } = await run("--survivor", "k8s-master2", "--confirm", plan.fqdn);
    expect([code, calls()]).toEqual([2, ""]);
    expect(stderr).toContain("k8s-master2: has 4769 MiB free in /var/lib/etcd, and the restore needs 5281 MiB");
  });

  test("a master with a wrong clock is refused", async () => {
    state(second, { time: secondsFromNow(-600) });
    const { code, stderr } = await survived();
    expect([code, calls()]).toEqual([2, ""]);
    expect(stderr).toMatch(/k8s-master2: its clock is \d+ s behind this machine's/);
  });

  test("a master without data is refused", async () => {
    state(second, { data: "no", state: "clean" });
    const { code, stderr } = await survived();
    expect([code, calls()]).toEqual([2, ""]);
    expect(stderr).toContain("has no data of this cluster's etcd");
  });
});
