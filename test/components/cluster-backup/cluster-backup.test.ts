import { ClusterBackup, type ClusterBackupArgs } from "../../../components/cluster-backup";
import { whyNoRecipient } from "../../../components/cluster-backup/recipient";
import { publicKeyIn, timerUnit } from "../../../components/cluster-backup/units";
import { hostAt, refusal, registered, returns, silent } from "../registered";
import { revealed, withoutSecrets } from "../../recorder";
import { recipient } from "./masters";

const masters = [1, 2, 3].map((number) => hostAt(`k8s-master${number}`, `192.0.2.1${number}`));
const monitor = hostAt("monitor", "192.0.2.60");
const args: ClusterBackupArgs = {
  masters,
  cluster: "kube-control.example.com:6443",
  recipients: [recipient],
  copyTo: monitor,
};
const keyOf = (number: number) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${String(number).repeat(43)}`;
const printed = (text: string) => `@kube-control begins\n${text}\n\n@kube-control ends 0`;

beforeEach(() => {
  for (const number of [1, 2, 3]) {
    returns(`backup-k8s-master${number}-key`, { stdout: printed(`made a key\n${keyOf(number)}`) });
  }
});

const made = (change: Partial<ClusterBackupArgs> = {}) =>
  registered(() => new ClusterBackup("backup", { ...args, ...change }));

/** The value of a variable in a step's script. */
function variable(stdin: unknown, name: string): string {
  const [, quoted = ""] = new RegExp(`^${name}=('(?:[^']|'\\\\'')*'|\\S*)$`, "m").exec(String(stdin)) ?? [];
  return quoted.replaceAll("'\\''", "\0").replaceAll("'", "").replaceAll("\0", "'");
}

test("the keys are made first, then the host of the copies is prepared, then the masters one after another", async () => {
  const resources = await made();
  const afterOf = (name: string) => resources.get(name)?.dependencies.filter((one) => one.startsWith("backup-"));
  expect(afterOf("backup-k8s-master2-key")).toContain("backup-k8s-master2-removal");
  expect(afterOf("backup-copies-monitor")).toEqual(
    expect.arrayContaining(["backup-copies-removal-monitor", ...[1, 2, 3].map((one) => `backup-k8s-master${one}-key`)]),
  );
  expect(afterOf("backup-k8s-master1")).toContain("backup-copies-monitor");
  expect(afterOf("backup-k8s-master3")).toContain("backup-k8s-master2");
  // the masters' backups end before the access of their keys
  expect(afterOf("backup-k8s-master1-removal")).toContain("backup-copies-removal-monitor");
});

test("each master's key may store only its own archives, and nothing else", async () => {
  const resources = await made({ keep: 5 });
  expect(variable(resources.get("backup-copies-monitor")?.inputs.stdin, "AUTHORIZED_KEYS").trim().split("\n")).toEqual([
    "# Written by kube-control for kube-control.example.com:6443.",
    ...[1, 2, 3].map(
      (number) =>
        `restrict,command="/usr/local/sbin/kube-control-receive k8s-master${number} 5" ${keyOf(number)} k8s-master${number}`,
    ),
  ]);
});

test.each([
  ["nothing", ""],
  ["a line with a further command", `command="sh" ${keyOf(1)}`],
  ["two keys in a line", `${keyOf(1)} ${keyOf(2)}`],
  ["another type of key", "ssh-rsa AAAA"],
])("of a master that prints %s, no key is accepted", async (_what, text) => {
  returns("backup-k8s-master1-key", { stdout: printed(text) });
  const accepted = variable((await made()).get("backup-copies-monitor")?.inputs.stdin, "AUTHORIZED_KEYS");
  expect(accepted).not.toContain("k8s-master1");
  expect(accepted).toContain(keyOf(2));
});

test("the units of a master", async () => {
  const { inputs } = (await made()).get("backup-k8s-master2") ?? {};
  expect(variable(inputs?.stdin, "SERVICE_UNIT")).toMatchInlineSnapshot(`
    "# Written by kube-control for k8s-master2 of kube-control.example.com:6443.
    [Unit]
    Description=Backup of etcd and of the cluster's keys
    Wants=network-online.target
    After=network-online.target containerd.service
    # a host that left the cluster has nothing to save
    ConditionPathExists=/etc/kubernetes/manifests/etcd.yaml

    [Service]
    Type=oneshot
    ExecStart=/usr/local/sbin/kube-control-backup k8s-master2 kube-control.example.com:6443 14 kube-control-backup@192.0.2.60 22 age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
    TimeoutStartSec=2h
    # the control plane comes first
    Nice=19
    IOSchedulingClass=idle
    "
  `);
  expect(variable(inputs?.stdin, "TIMER_UNIT")).toMatchInlineSnapshot(`
    "# Written by kube-control.
    [Unit]
    Description=Times of the backup of etcd and of the cluster's keys

    [Timer]
    OnCalendar=*-*-* 02,08,14,20:00:00 UTC
    # a run that was missed while the host was down
    Persistent=true

    [Install]
    WantedBy=timers.target
    "
  `);
  expect(variable(inputs?.stdin, "KNOWN_HOSTS")).toBe("192.0.2.60 ssh-ed25519 AAAA\n");
});

test.each([
  [3, 6, ["00,06,12,18:00", "02,08,14,20:00", "04,10,16,22:00"]],
  [5, 12, ["00,12:00", "02,14:24", "04,16:48", "07,19:12", "09,21:36"]],
  [3, 24, ["00:00", "08:00", "16:00"]],
])("the timers of %i masters are spread over %i hours", (count, hours, times) => {
  const found = times.map((_, index) => /OnCalendar=\*-\*-\* (\S+):00 UTC/.exec(timerUnit(index, count, hours))?.[1]);
  expect(found).toEqual(times);
});

test("a timer that runs each hour has its own minute", () => {
  expect(timerUnit(1, 3, 1)).toMatch(/OnCalendar=\*-\*-\* 00,01,02,[\d,]*,23:20:00 UTC/);
});

const s3 = {
  endpoint: "https://s3.example.com:9000/",
  bucket: "backups",
  prefix: "clusters/prod",
  accessKeyId: "AKIAEXAMPLE",
  secretAccessKey: "CANARY-S3",
};

test("without a bucket, the host of the copies uploads nothing", async () => {
  expect([...(await made()).keys()].filter((name) => name.includes("upload"))).toEqual([]);
});

test("the uploads are set up after the masters, and end before the access for copies", async () => {
  const resources = await made({ s3 });
  expect(resources.get("backup-uploads-monitor")?.dependencies).toEqual(
    expect.arrayContaining(["backup-uploads-removal-monitor", "backup-k8s-master3"]),
  );
  expect(resources.get("backup-uploads-removal-monitor")?.dependencies).toContain("backup-copies-removal-monitor");
});

test("only steps on the host of the copies have the access key", async () => {
  const having = [...(await made({ s3 })).values()].filter(({ inputs }) =>
    JSON.stringify(inputs).includes("CANARY-S3"),
  );
  expect(having.map(({ name }) => name).sort()).toEqual(["backup", "backup-monitor-state", "backup-uploads-monitor"]);
});

test("the units of the uploads", async () => {
  const { stdin } = (await made({ s3 })).get("backup-uploads-monitor")?.inputs ?? {};
  expect(variable(revealed(stdin), "SERVICE_UNIT")).toMatchInlineSnapshot(`
    "# Written by kube-control for kube-control.example.com:6443.
    [Unit]
    Description=Upload of the copies of backups to a bucket
    Wants=network-online.target
    After=network-online.target

    [Service]
    Type=oneshot
    ExecStart=/usr/local/sbin/kube-control-backup-upload https://s3.example.com:9000/backups/clusters/prod/ us-east-1
    # the first run uploads all copies
    TimeoutStartSec=1d
    Nice=19
    IOSchedulingClass=idle
    "
  `);
  expect(variable(revealed(stdin), "TIMER_UNIT")).toContain("OnCalendar=*-*-* *:20:00 UTC\n");
});

test.each([{}, { s3 }])("no secret is in the state in plain text: %j", async (change) => {
  for (const { name, inputs } of (await made(change)).values()) {
    expect([name, JSON.stringify(withoutSecrets(inputs))]).toEqual([name, expect.not.stringContaining("CANARY")]);
  }
});

test("the state has the names of hosts, and no access to them", async () => {
  expect((await made({ keep: 5, intervalHours: 12 })).get("backup")?.inputs).toEqual({
    ...{ cluster: "kube-control.example.com:6443", recipients: [recipient], keep: 5, intervalHours: 12 },
    masters: masters.map(({ name, address }) => ({ name, address })),
    copyTo: { name: "monitor", address: "192.0.2.60" },
  });
});

test("a host that does not answer is not changed, and the other masters are set up", async () => {
  const resources = await made({ masters: [masters[0]!, silent(masters[1]!)] });
  expect(resources.get("backup-k8s-master2")?.inputs.create).toBeUndefined();
  expect(resources.get("backup-k8s-master1")?.inputs.create).toContain("k8s-master1: set up the backup");
});

test.each<[Partial<ClusterBackupArgs>, string]>([
  [{ masters: [] }, "backup.masters: has no master"],
  [{ recipients: [] }, "backup.recipients: has no public key"],
  [{ recipients: [recipient, "age1"] }, "backup.recipients[1]: is not a public key of age"],
  [{ keep: 1 }, "backup.keep: is 1"],
  [{ intervalHours: 7 }, "backup.intervalHours: is 7"],
  [{ s3: { ...s3, endpoint: "http://s3.example.com" } }, "backup.s3.endpoint: is not an https URL"],
  [{ s3: { ...s3, prefix: "/prod" } }, "backup.s3.prefix: is not a prefix of keys"],
  [{ copyTo: masters[1]! }, "backup.copyTo: k8s-master2 is a master"],
  [{ copyTo: hostAt("monitor", "monitor.example.com") }, '"monitor.example.com" is not an IPv4 address'],
])("%j is refused", async (change, message) => {
  expect(await refusal(() => new ClusterBackup("backup", { ...args, ...change }))).toContain(message);
});

test("a public key with any single wrong character is refused", () => {
  expect(whyNoRecipient(recipient)).toBeUndefined();
  for (let at = 4; at < recipient.length; at++) {
    const other = recipient[at] === "q" ? "p" : "q";
    expect([at, whyNoRecipient(`${recipient.slice(0, at)}${other}${recipient.slice(at + 1)}`)]).toEqual([
      at,
      expect.stringContaining("is not a public key of age"),
    ]);
  }
});

test("the public key is found among other lines of a step", () => {
  expect(publicKeyIn(`installed openssh-client\n${keyOf(7)}\n`)).toBe(keyOf(7));
});
