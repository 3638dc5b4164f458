/**
 * `npm run restore` on the lab: the cluster is restored from an archive of the backup, and from the data of a survivor. Objects from
 * before the snapshot are there with their UIDs, later ones are not, and workers and controllers continue without a restart.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "../../base/process";
import { plainProgress } from "../../base/progress";
import { createHosts } from "../../commands/up";
import { Hosts } from "../../drill/hosts";
import { Operator } from "../../drill/operator";
import { removeContainer } from "../../hosts/containers";
import { ensureSecrets } from "../../hosts/secrets";
import { addresses, lab as labCommand, masters, place, pulumi, run, virtualIp } from "../e2e/driver";
import {
  buildOnNewHosts,
  expectNothingToChange,
  expectVerified,
  type PlannedLab,
  planWith,
} from "./stack-on-new-hosts";

const minutes = 60_000;
const worker = "k8s-worker1";
const fqdn = "kube-control.kacangisnuts.com";
const hosts = new Hosts(place);
const withNumber = (number: number) => addresses["k8s-master1"].replace(/\d+$/, String(number));
const workers = [[["workers"], [{ name: worker, address: withNumber(161) }]]] as const;
const lab = planWith(workers);
let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-restore-"));
  writeFileSync(file("identity"), `${ensureSecrets(place).ageIdentity}\n`, { mode: 0o600 });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await labCommand(["down"], 300);
}, 10 * minutes);

/** Runs kubectl on a master. */
const kubectl = (line: string, master: string = masters[0], seconds = 60) =>
  hosts.shell(master, `kubectl --kubeconfig /etc/kubernetes/admin.conf ${line}`, seconds);

/** The worker's processes from before the snapshot. */
let running: string;
let archive: string;
/** The objects of the archive. */
let kept: Record<string, string>;

/** The UIDs of the test's objects, by name. */
async function uids(master?: string): Promise<Record<string, string>> {
  const fields = `{range .items[*]}{.metadata.name} {.metadata.uid}{"\\n"}{end}`;
  const said = await kubectl(`get configmaps -l restore=test -o 'jsonpath=${fields}'`, master);
  return Object.fromEntries(said.split("\n").filter(Boolean).map((line) => line.split(" "))); // prettier-ignore
}
const create = async (name: string, master?: string) => {
  await kubectl(`create configmap ${name}`, master);
  await kubectl(`label configmap ${name} restore=test`, master);
};

/** Makes an archive on a master, and gets its copy from the monitor. */
async function archiveOf(master: string, name: string): Promise<string> {
  await hosts.shell(master, "systemctl start kube-control-backup.service", 120);
  const copy = await hosts.shell("monitor", `base64 -w 0 /var/lib/kube-control/backups/latest/${master}.tar.age`);
  writeFileSync(file(name), Buffer.from(copy, "base64"));
  return file(name);
}

/** Machines that are lost with their disks. */
const lose = (names: readonly string[]) => Promise.all(names.map((name) => removeContainer(place, { name })));

/** Puts new machines with empty disks in the place of lost ones. */
async function replaceLost(planned: PlannedLab = lab): Promise<void> {
  await createHosts(
    planned,
    plainProgress(() => undefined),
  );
}

const restore = (...args: readonly string[]) =>
  run("npm", ["run", "--silent", "restore", "--", ...args], { seconds: 1200, echo: true });
const fromArchive = (archive: string) =>
  restore("--archive", archive, "--identity", file("identity"), "--confirm", fqdn);

/** `pulumi up`, which must succeed. */
async function up(...options: string[]): Promise<void> {
  const { code, stdout, stderr } = await pulumi(["up", ...options, "--yes", "--skip-preview", "--non-interactive"]);
  expect([code, code === 0 ? "" : stdout.slice(-20_000) + stderr.slice(-2000)]).toEqual([0, ""]);
}

/** Prints the minutes of a piece of work. */
async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const begin = Date.now();
  await work();
  process.stderr.write(`${what}: ${((Date.now() - begin) / minutes).toFixed(1)} min\n`);
}

/** The worker's processes that must not be restarted: kubelet, and a pod's from before the snapshot. */
const onWorker = async () => (await hosts.shell(worker, "pgrep -x kubelet; pgrep -x echo")).replaceAll("\n", " ");

/** Creates a pod by a controller. */
const deploy = (name: string, master?: string) => {
  const labels = { app: name };
  const containers = [{ name: "echo", image: "registry.lab/kube-control-lab/echo:1", args: ["serve"] }];
  const deployment = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
  return kubectl(`apply -f - <<<'${JSON.stringify(deployment)}'`, master);
};
const isAvailable = async (name: string, master?: string) => {
  const waited = await kubectl(`rollout status deployment/${name} --timeout 240s || echo late`, master, 250);
  if (!waited.includes("late")) return;
  // which controller does not work
  process.stderr.write(await kubectl("get nodes,leases,pods,replicasets,events -A -o wide", master));
  throw new Error(`${name} was not available after 240 s (its objects and all events are above)`);
};

/** Expects that the cluster runs again with its workers and controllers, without a restart on the worker. */
async function expectRecovered(name: string, planned: PlannedLab = lab): Promise<void> {
  const [first] = planned.stack.masters;
  await deploy(name, first?.name);
  await isAvailable(name, first?.name);
  await kubectl(`delete deployment ${name}`, first?.name);
  await hosts.shell(worker, `kill -0 ${running}`);
  await expectVerified(planned);
  await expectNothingToChange();
}

test(
  "a stack is built, and an archive of it is made",
  async () => {
    await buildOnNewHosts(lab);
    await deploy("runs-on");
    await isAvailable("runs-on");
    await create("kept");
    await create("deleted-later");
    running = await onWorker();
    kept = await uids();
    archive = await archiveOf("k8s-master2", "archive");
    await create("made-later");
    await kubectl("delete configmap deleted-later");
  },
  60 * minutes,
);

test(
  "a restore of a cluster that has a leader is refused, and changes nothing",
  async () => {
    for (const args of [
      ["--archive", archive, "--identity", file("identity")],
      ["--survivor", "k8s-master1"],
    ]) {
      const { code, stderr } = await restore(...args, "--confirm", fqdn);
      expect([code, stderr]).toEqual([2, expect.stringContaining("etcd has a leader")]);
    }
    await expectVerified(lab);
  },
  10 * minutes,
);

test(
  "all masters are lost: the cluster of the archive comes back on empty machines",
  async () => {
    await lose(masters);
    await replaceLost();
    await timed("all masters lost, same addresses", async () => {
      expect((await fromArchive(archive)).code).toBe(0);
      await up("--refresh");
    });
    expect(await uids()).toEqual(kept);
    await expectRecovered("after-all-masters");
  },
  40 * minutes,
);

test(
  "two masters are lost: the survivor serves again, and nothing is missing",
  async () => {
    await create("made-last");
    const last = await uids();
    const lost = ["k8s-master2", "k8s-master3"];
    await lose(lost);
    await timed("two masters lost, until the survivor serves", async () => {
      const { code, stdout } = await restore("--survivor", "k8s-master1", "--confirm", fqdn);
      expect([code, stdout]).toEqual([0, expect.stringContaining("serves as the only member of etcd")]);
      const serves = () => run("curl", ["-sk", "--max-time", "2", `https://${virtualIp}:6443/readyz`]);
      expect((await until(serves, ({ stdout: said }) => said === "ok", { seconds: 60 })).stdout).toBe("ok");
    });
    expect(await uids()).toEqual(last);
    await replaceLost();
    await timed("two masters lost, until they have joined again", () => up("--refresh"));
    expect(await uids()).toEqual(last);
    await expectRecovered("after-survivor");
  },
  40 * minutes,
);

test(
  "two masters have lost their data: an interrupted restore from an archive is run again",
  async () => {
    for (const master of ["k8s-master1", "k8s-master2"]) {
      await hosts.shell(master, "systemctl stop kubelet; pkill -9 -x etcd || true; rm -rf /var/lib/etcd/member");
    }
    await timed("the data of two masters lost", async () => {
      // the third master knows only after some seconds that etcd has no leader
      const first = await until(() => fromArchive(archive), ({ code }) => code !== 2, { seconds: 60, every: 3 }); // prettier-ignore
      expect(first.code).toBe(0);
      expect((await fromArchive(archive)).code).toBe(0);
      await up("--refresh");
    });
    expect(await uids()).toEqual(kept);
    await expectRecovered("after-two-masters");
  },
  40 * minutes,
);

test(
  "all masters are lost: the cluster comes back on machines with other names and addresses",
  async () => {
    const moved = ([4, 5, 6] as const).map((number) => ({
      name: `k8s-master${number}`,
      address: withNumber(150 + number),
    }));
    const planned = planWith([...workers, [["masters"], moved]]);
    await lose(masters);
    await replaceLost(planned);
    await timed("all masters lost, other addresses", async () => {
      new Operator(planned).edit([[["masters"], moved]]);
      expect((await fromArchive(archive)).code).toBe(0);
      const preview = await pulumi(["preview", "--non-interactive"]);
      const [, token = ""] = /KUBE_CONTROL_CONFIRM=(\S+)/.exec(preview.stdout + preview.stderr) ?? [];
      expect([preview.code === 0, token]).toEqual([false, expect.stringMatching(/./)]);
      process.env["KUBE_CONTROL_CONFIRM"] = token;
      await up("--refresh").finally(() => delete process.env["KUBE_CONTROL_CONFIRM"]);
    });
    expect(await uids("k8s-master4")).toEqual(kept);
    await kubectl(`delete node ${masters.join(" ")}`, "k8s-master4");
    await expectRecovered("after-move", planned);
  },
  60 * minutes,
);
