import { ClusterBackup } from "../../../components/cluster-backup";
import { whereIs } from "../../../lab/machine/apt";
import { StandInHosts } from "../../stand-ins/hosts";
import { hostAt, registered } from "../registered";
import { revealed } from "../../recorder";
import { recipient } from "./masters";

// The scripts of the steps that set up and end the uploads, run by bash on hosts that are folders; see test/stand-ins/README.md.

const addresses = { "k8s-master1": "192.0.2.11", monitor: "192.0.2.60" };
const secret = 'CANARY"key\\of/S3';
const at = "hosts/monitor";
const conf = `${at}/var/lib/kube-control/backup-s3.conf`;
const backups = `${at}/var/lib/kube-control/backups`;
const units = `${at}/etc/systemd/system/kube-control-backup-upload`;

const bucket = {
  endpoint: "https://s3.example.com",
  bucket: "backups",
  region: "eu-central-1",
  prefix: "prod",
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: secret,
};

let texts: Record<string, string>;
let world: StandInHosts;

beforeAll(async () => {
  const recorded = await registered(
    () =>
      new ClusterBackup("backup", {
        masters: [hostAt("k8s-master1", addresses["k8s-master1"])],
        cluster: "kube-control.example.com:6443",
        recipients: [recipient],
        copyTo: hostAt("monitor", addresses.monitor),
        s3: bucket,
      }),
  );
  texts = Object.fromEntries(
    [...recorded.values()].map(({ name, inputs }) => {
      // the check of the uploads is the second one of the host
      return [name, String(revealed(revealed(inputs.stdin) ?? revealed(inputs.checks)?.[1]?.text))];
    }),
  );
});

const note = (tool: string) => `#!/bin/bash\nprintf '%s\\n' "$AT: ${tool} $*" >>"$WORLD/calls"\n`;

beforeEach(() => {
  world = new StandInHosts(addresses);
  world.noteEveryProcess();
  for (const tool of ["stat", "md5sum"]) world.link(whereIs(tool) ?? tool, `bin/${tool}`);
  world.write(
    "bin/systemctl",
    `${note("systemctl")}case $* in is-active*) cat "$WORLD/timer" 2>/dev/null || echo active ;; is-enabled*) echo enabled ;; esac\n`,
    0o755,
  );
  world.write("bin/setpriv", `${note("setpriv")}while [[ $1 != curl && $1 != test ]]; do shift; done\n"$@"\n`, 0o755);
  world.write(
    "bin/curl",
    `${note("curl")}[[ $* != --version ]] || { echo "curl $(cat "$WORLD/curl-version" 2>/dev/null || echo 7.88.1) (x86_64)"; exit; }
cat >"$WORLD/configuration"
if cat "$WORLD/answer" 2>/dev/null; then exit; fi
case $* in
  *--upload-file*) touch "$WORLD/uploaded" && printf '\\n200 0' ;;
  *) [[ -e $WORLD/uploaded ]] && printf '\\n200 7' || printf '\\n404 ' ;;
esac
`,
    0o755,
  );
  world.order("dpkg-query", { stdout: "ii 7.88.1" });
  world.write(`${backups}/k8s-master1/k8s-master1-20251105T063000Z.tar.age`, "archive");
});
afterEach(() => world.remove());

const setUp = () => world.run(texts["backup-uploads-monitor"] ?? "", "create", "monitor");
const check = () => world.run(texts["backup-monitor-state"] ?? "", "check", "monitor");

describe("the set-up of the uploads", () => {
  test("writes the files, makes sure of the newest archive and starts the timer", async () => {
    const { status, stdout, stderr, calls } = await setUp();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("the archives are uploaded to https://s3.example.com/backups/prod/");
    expect(
      calls.filter((call) => call.includes("systemctl")).map((call) => call.replace("monitor: systemctl ", "")),
    ).toEqual([
      "stop kube-control-backup-upload.timer kube-control-backup-upload.service",
      "reset-failed kube-control-backup-upload.service",
      "daemon-reload",
      "enable --quiet kube-control-backup-upload.timer",
      "restart kube-control-backup-upload.timer",
    ]);
    expect(world.mode(`${at}/usr/local/sbin/kube-control-backup-upload`)).toBe(0o755);
    // the agent lists it
    expect([world.mode(`${backups}/uploaded`), world.list(`${backups}/uploaded`)]).toEqual([0o755, ["newest"]]);
    expect(calls.filter((call) => call.startsWith("monitor: curl --disable"))).toHaveLength(4);
    expect(JSON.parse(world.read(`${backups}/upload.json`))).toMatchObject({ result: "ok", stored: 1 });
  });

  test("writes the access key for root only, in the syntax of curl, and shows its secret nowhere", async () => {
    const { stdout, stderr, calls } = await setUp();
    expect(world.mode(conf)).toBe(0o600);
    const line = 'user = "AKIAEXAMPLE:CANARY\\"key\\\\of/S3"\n';
    expect(world.read(conf)).toBe(`# Written by kube-control. Access key of the bucket for backups.\n${line}`);
    expect(world.read("configuration")).toBe(world.read(conf));
    expect([stdout, stderr, ...calls, world.read("argv")].join("\n")).not.toContain("CANARY");
    expect(world.holding("CANARY", "hosts")).toEqual(["backup-s3.conf"]);
  });

  test("fails with the server's reason, and the timer repeats the upload", async () => {
    world.write("answer", "<Error><Code>InvalidAccessKeyId</Code><Message>No such key.</Message></Error>\n403 80");
    const { status, stderr, calls } = await setUp();
    expect(status).toBe(64);
    expect(stderr).toContain("HTTP 403 InvalidAccessKeyId: No such key.");
    expect(stderr).toContain("the newest archive was not uploaded");
    expect(stderr).not.toContain("CANARY");
    expect(calls).toContain("monitor: systemctl restart kube-control-backup-upload.timer");
    expect(JSON.parse(world.read(`${backups}/upload.json`))).toMatchObject({ result: "failed" });
  });

  test.each([
    ["7.81.0", 64],
    ["7.87.0", 0],
    ["8.5.0", 0],
  ])("with curl %s it ends with %i", async (version, code) => {
    world.write("curl-version", version);
    const { status, stderr } = await setUp();
    expect(status).toBe(code);
    if (code !== 0)
      expect(stderr).toContain(`curl ${version} of this host cannot sign uploads to S3, which needs 7.87`);
    expect(world.exists(conf)).toBe(code === 0);
  });
});

describe("the check of the uploads", () => {
  test("finds another access key without printing it, a stopped timer and a changed unit", async () => {
    await setUp();
    world.write(conf, 'user = "AKIAOTHER:ANOTHER-SECRET"\n', 0o644);
    world.write("timer", "inactive\n");
    world.write(`${units}.service`, world.read(`${units}.service`).replace("eu-central-1", "us-east-1"));
    const { status, stdout } = await check();
    expect(status).toBe(0);
    expect(stdout).toMatch(/differs mode and owner of \S+backup-s3\.conf: is 644 /);
    expect(stdout).toMatch(/differs \S+backup-s3\.conf: has other content\n/);
    expect(stdout).toContain("differs kube-control-backup-upload.timer: is inactive, expected active");
    expect(stdout).toMatch(/differs \S+upload\.service: has other content\n/);
    expect(stdout).not.toMatch(/ANOTHER-SECRET|CANARY/);
  });

  test("finds a missing access key and program", async () => {
    await setUp();
    world.delete(conf);
    world.delete(`${at}/usr/local/sbin/kube-control-backup-upload`);
    const { stdout } = await check();
    expect(stdout).toMatch(/differs mode and owner of \S+backup-s3\.conf: is missing, expected 600 root:root/);
    expect(stdout).toMatch(/differs \S+kube-control-backup-upload: is missing/);
  });
});

describe("the end of the uploads", () => {
  const end = () => world.run(texts["backup-uploads-removal-monitor"] ?? "", "delete");
  const left = () =>
    world.list(backups).concat(world.list(`${at}/var/lib/kube-control`), world.list(`${at}/etc/systemd/system`));

  test("removes program, units, access key and result, and keeps the copies", async () => {
    await setUp();
    const { status, stdout, stderr, calls } = await end();
    expect([status, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("removed the uploads and the access key");
    expect(left()).toEqual(["k8s-master1", "backups"]);
    expect(world.list(`${at}/usr/local/sbin`)).toEqual([]);
    expect(world.holding("CANARY", "hosts")).toEqual([]);
    expect(world.list(`${backups}/k8s-master1`)).toEqual(["k8s-master1-20251105T063000Z.tar.age"]);
    expect(calls).toContain("monitor: systemctl disable --quiet --now kube-control-backup-upload.timer");
  });

  test("changes nothing on a host whose uploads are those of another cluster", async () => {
    await setUp();
    world.write(`${units}.service`, "# Written by kube-control for other.example.com:6443.\n");
    const { status, stdout } = await end();
    expect(status).toBe(0);
    expect(stdout).toContain("this host was not changed");
    expect(world.exists(conf)).toBe(true);
  });

  test("says what to do if the host does not answer", async () => {
    world.order("ssh monitor", { status: 255, stderr: "ssh: connect to host 192.0.2.60 port 22: No route to host\n" });
    const { status, stdout } = await end();
    expect(status).toBe(0);
    expect(stdout).toContain("monitor does not answer: its uploads were not ended");
    expect(stdout).toContain("sudo rm /var/lib/kube-control/backup-s3.conf");
  });
});
