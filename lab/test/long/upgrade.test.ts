/**
 * Upgrades of a running cluster with a worker, measured by the clients of a drill: new connections, requests, writes, watches,
 * and requests by the name on the nodes.
 */
import { explain } from "../../base/error";
import { until } from "../../base/process";
import { blackoutOf } from "../../drill/measure";
import { defaultBound } from "../../drill/faults/fault";
import { Hosts } from "../../drill/hosts";
import { Operator, type Settings } from "../../drill/operator";
import { onMaster } from "../../drill/steady-state";
import { killUpWhen } from "../../kill/kill-up";
import { labWorkspace } from "../../pulumi/environment";
import { removeStaleLocks } from "../../pulumi/stale-lock";
import { ensurePulumi } from "../../pulumi/pulumi";
import { addresses, lab as labCommand, masters, onHost, place, pulumi } from "../e2e/driver";
import { buildOnNewHosts, expectNothingToChange, expectVerified, planWith } from "./stack-on-new-hosts";
import { changeUnderClients, expectNoFailure, underClients } from "./under-clients";

const minutes = 60_000;
const worker = "k8s-worker1";
const nodes = [...masters, worker];
const versionIs = (version: string): Settings => [[["kubernetes", "version"], version]];

process.env["LAB_KUBERNETES"] = "v1.36.1 v1.36.3";
const lab = planWith([
  ...versionIs("v1.36.1"),
  [["workers"], [{ name: worker, address: addresses["k8s-master1"].replace(/\d+$/, "161") }]],
]);
const hosts = new Hosts(place);

afterAll(async () => {
  await labCommand(["down"], 300);
}, 10 * minutes);

const configure = (key: string, value: string) =>
  pulumi(["config", "set", "--path", `kube-control:kubernetes.${key}`, value]);

/** Runs `pulumi up`, which must fail. Returns its errors. */
async function failedUp(operator = new Operator(lab)): Promise<string> {
  const failure = await operator.up().then(() => "", explain);
  expect(failure).not.toBe("");
  return failure;
}

/** A line per node: its name, its version, and `true` if it is cordoned. */
async function nodeVersions(): Promise<string[]> {
  const fields = "{.metadata.name} {.status.nodeInfo.kubeletVersion} {.spec.unschedulable}";
  const said = await onMaster(hosts, lab, `kubectl get nodes -o 'jsonpath={range .items[*]}${fields}{"\\n"}{end}'`);
  return said.split("\n").map((line) => line.trim());
}

/** Whether a command line that matches a pattern runs on a host. */
const runs = (host: string, pattern: string) =>
  hosts.shell(host, `pgrep -f '${pattern}' >/dev/null && echo yes || true`).then((said) => said === "yes");

/** Expects that the running processes, the nodes and the state have the version. */
async function expectVersion(version: string): Promise<void> {
  for (const master of masters) {
    const seen = await onHost(
      master,
      `kubelet --version
       for program in kube-apiserver kube-controller kube-scheduler; do
         pid=$(pgrep -xo "$program")
         "/proc/$pid/root$(readlink "/proc/$pid/exe")" --version
       done`,
    );
    expect([...new Set(seen.match(/v1\.\d+\.\d+/g))]).toEqual([version]);
  }
  expect(await nodeVersions()).toEqual(nodes.map((node) => `${node} ${version}`));
  await expectVerified(lab);
  await expectNothingToChange();
}

const build = async () => {
  await buildOnNewHosts(lab);
  await expectVersion("v1.36.1");
};

describe("an upgrade", () => {
  test("begins with a cluster of v1.36.1", build, 60 * minutes);

  test(
    "is planned in a preview, host by host",
    async () => {
      await configure("version", "v1.36.3");
      const { code, stdout } = await pulumi(["preview", "--non-interactive"]);
      expect([code, stdout]).toEqual([0, expect.stringContaining("Kubernetes v1.36.1 → v1.36.3")]);
      for (const master of masters) expect(stdout).toContain(`${master}: drain, etcd leadership moves away`);
      expect(stdout).toContain(worker);
    },
    5 * minutes,
  );

  test.each([
    ["v1.35.4", "Kubernetes supports no downgrade"],
    ["v1.38.0", "would skip a minor version"],
  ])(
    "to %s is refused in a preview",
    async (version, said) => {
      await configure("version", version);
      const { code, stdout, stderr } = await pulumi(["preview", "--non-interactive"]);
      expect([code === 0, stdout + stderr]).toEqual([false, expect.stringContaining(said)]);
      await configure("version", "v1.36.1");
    },
    5 * minutes,
  );

  test(
    "stops before the first change if a PodDisruptionBudget blocks the drain, and names pod and budget",
    async () => {
      const [first] = masters;
      await onMaster(
        hosts,
        lab,
        `kubectl apply -f - <<<'${pinnedPod(first)}' && kubectl rollout status deployment/pinned`,
      );
      await configure("version", "v1.36.3");
      await configure("drainTimeout", "20");
      const said = await failedUp();
      expect(said).toMatch(/pod default\/pinned-\S+ is kept by PodDisruptionBudget pinned/);
      expect(await nodeVersions()).toEqual(nodes.map((node) => `${node} v1.36.1`));
      await onMaster(hosts, lab, "kubectl delete poddisruptionbudget/pinned deployment/pinned");
      await pulumi(["config", "rm", "--path", "kube-control:kubernetes.drainTimeout"]);
      await configure("version", "v1.36.1");
    },
    10 * minutes,
  );

  test.each(["v1.36.3", "v1.37.2"])(
    "to %s fails no request",
    async (version) => {
      expectNoFailure(await changeUnderClients(lab, `upgrade to ${version}`, versionIs(version)));
      await expectVersion(version);
    },
    30 * minutes,
  );
});

describe("an interrupted upgrade", () => {
  test("begins with a cluster of v1.36.1", build, 60 * minutes);

  test(
    "is resumed after three kills (-9), and no request fails",
    async () => {
      const workspace = labWorkspace(place, await ensurePulumi(place));
      const drains = async () => (await nodeVersions()).includes("k8s-master1 v1.36.1 true");
      const places = [
        ["while the first master is drained", drains],
        ["while kubeadm upgrades the second master", () => runs("k8s-master2", "^kubeadm upgrade")],
        ["while the worker's kubelet is replaced", () => runs(worker, "kubelet=1.36.3")],
      ] as const;
      const killed: string[] = [];
      const observed = await underClients(lab, "upgrade with three kills", async ({ operator }) => {
        operator.edit(versionIs("v1.36.3"));
        for (const [where, isThere] of places) {
          // each check runs a program on a host
          if (await killUpWhen(workspace, isThere, 0.5)) killed.push(where);
          // what `pulumi cancel` does
          removeStaleLocks(place);
        }
        await operator.up();
      });
      expect(killed).toEqual(places.map(([where]) => where));
      expectNoFailure(observed);
      await expectVersion("v1.36.3");
    },
    40 * minutes,
  );

  /** Powers a master off during `pulumi up`, which must fail and name it. Then powers the master on, and resumes. */
  const withDeath = (title: string, master: string, isTime: () => Promise<boolean>, resume: () => Promise<void>) =>
    underClients(
      lab,
      title,
      async ({ operator, hosts: machines }) => {
        operator.edit(versionIs("v1.37.2"));
        const up = failedUp(operator);
        expect(await until(isTime, (reached) => reached, { seconds: 600, every: 0.5 })).toBe(true);
        await machines.powerOff([master]);
        expect(await up).toContain(master);
        await machines.powerOn([master]);
        await resume();
      },
      // a request of the master itself does not survive its death
      { onNodes: false },
    );

  test(
    "stops before the next master if another master dies, and the cluster serves",
    async () => {
      const isFirstDone = async () => {
        const said = await onMaster(
          hosts,
          lab,
          "kubectl get node k8s-master1 -o 'jsonpath={.status.nodeInfo.kubeletVersion} {.metadata.annotations}'",
        ).catch(() => "");
        return said.startsWith("v1.37.2") && !said.includes("kube-control/maintenance");
      };
      const observed = await withDeath("another master dies during an upgrade", "k8s-master3", isFirstDone, () =>
        Promise.resolve(),
      );
      expect(observed.lost).toBe(0);
      expect(blackoutOf(observed)).toBeLessThan(defaultBound);
      expect(await nodeVersions()).toContain("k8s-master2 v1.36.3");
    },
    20 * minutes,
  );

  test(
    "stops if the master itself dies, is resumed, and no request fails",
    async () => {
      const isUpgraded = () => runs("k8s-master2", "^kubeadm upgrade");
      const resume = () => new Operator(lab).up();
      expectNoFailure(await withDeath("a master dies during its upgrade", "k8s-master2", isUpgraded, resume));
      await expectVersion("v1.37.2");
    },
    40 * minutes,
  );
});

/** A pod on a node, which its budget does not let go. */
const pinnedPod = (node: string) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "List",
    items: [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "pinned", namespace: "default" },
        spec: {
          selector: { matchLabels: { app: "pinned" } },
          template: {
            metadata: { labels: { app: "pinned" } },
            spec: {
              nodeSelector: { "kubernetes.io/hostname": node },
              tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
              containers: [{ name: "echo", image: "registry.lab/kube-control-lab/echo:1", args: ["serve"] }],
            },
          },
        },
      },
      {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "pinned", namespace: "default" },
        spec: { minAvailable: 1, selector: { matchLabels: { app: "pinned" } } },
      },
    ],
  });
