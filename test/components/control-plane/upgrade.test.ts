import { byVersion, upgradeFindings, upgradePlan } from "../../../components/control-plane/upgrade";

const master = (version: string, kubelet = version) => ({ name: "k8s-master1", kubelet, controlPlane: version });
const worker = (kubelet: string) => ({ name: "k8s-worker1", kubelet });

test.each([
  ["the same version", "v1.37.2", [master("v1.37.2"), worker("v1.37.2")]],
  ["a patch version", "v1.36.10", [master("v1.36.9"), worker("v1.36.1")]],
  ["the next minor version", "v1.37.2", [master("v1.36.3"), worker("v1.36.3")]],
  ["an upgrade that was interrupted between kubeadm and kubelet", "v1.37.2", [master("v1.37.2", "v1.36.3")]],
  ["a worker three minor versions behind the masters", "v1.37.2", [master("v1.37.2"), worker("v1.34.4")]],
])("accepts %s", (_, wanted, nodes) => {
  expect(upgradeFindings(wanted, nodes)).toEqual([]);
});

test.each([
  [
    "a downgrade",
    "v1.36.3",
    [master("v1.37.2")],
    "v1.37.2, which is newer than v1.36.3. Kubernetes supports no downgrade",
  ],
  ["a kubelet that is newer", "v1.36.3", [master("v1.36.3", "v1.36.10")], "v1.36.10, which is newer than v1.36.3"],
  ["a skipped minor version", "v1.37.2", [master("v1.35.4")], "would skip a minor version"],
  ["a kubelet four minor versions behind", "v1.38.0", [master("v1.37.2", "v1.34.4")], "kubelet on k8s-master1"],
])("refuses %s", (_, wanted, nodes, said) => {
  expect(upgradeFindings(wanted, nodes)).toEqual([expect.stringContaining(said)]);
});

test("compares versions by number", () => {
  expect(["v1.36.10", "v1.36.9", "v1.4.0"].sort(byVersion)).toEqual(["v1.4.0", "v1.36.9", "v1.36.10"]);
});

test("the plan names each node in order, and says if the API is not served", () => {
  const workers = ["w1", "w2"];
  const plan = upgradePlan("v1.36.1", "v1.36.3", { masters: ["m1", "m2", "m3"], workers, concurrentWorkers: 2 });
  expect(plan.split("\n").map((line) => line.split(":")[0]?.trim())).toEqual([
    expect.stringContaining("Kubernetes v1.36.1 → v1.36.3"),
    expect.stringMatching(/^1\. check/),
    "2. m1",
    "3. m2",
    "4. m3",
    "5. w1, w2, 2 at a time",
  ]);
  expect(upgradePlan("v1.36.1", "v1.36.3", { masters: ["m1"], workers: [], concurrentWorkers: 1 })).toContain(
    "clients cannot reach the API",
  );
});
