import { blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// kubeadm's files on a node, which kube-control keeps copies of (node.sh).

const node = "k8s-master2";
const manifest = `hosts/${node}/etc/kubernetes/manifests/kube-scheduler.yaml`;
const kept = `hosts/${node}/var/lib/kube-control/kept`;
const pod = (image: string, flag = "") => `spec:\n  - command:\n    - kube-scheduler\n${flag}    image: ${image}\n`;
const original = pod("registry.k8s.io/kube-scheduler:v1.37.2");
const edited = pod("registry.k8s.io/kube-scheduler:v1.37.2", "    - --v=3\n");
const upgraded = pod("registry.k8s.io/kube-scheduler:v1.37.3");

let join: string;
beforeAll(async () => (join = (await scriptTexts())(`${node}-join`)));
let world: StandInHosts;
beforeEach(() => {
  world = blankHosts();
  for (const name of ["k8s-master1", node]) makeNode(world, name);
  world.write(manifest, original);
});
afterEach(() => world.remove());

async function run(generation = 0) {
  const text = generation === 0 ? join : join.replace("KC_HOST=", `KC_GENERATION='${generation}'\nKC_HOST=`);
  const { status, stderr } = await world.run(text, "create");
  expect([status, stderr]).toEqual([0, ""]);
  return world.read(manifest);
}

test("a step of a node keeps copies, and does not restore what was edited by hand", async () => {
  await run();
  expect(world.read(`${kept}/kube-scheduler.yaml`)).toBe(original);
  world.write(manifest, edited);
  expect(await run()).toBe(edited);
  expect(world.read(`${kept}/kube-scheduler.yaml`)).toBe(original);
});

test("a repair that a refresh asked for restores them, once", async () => {
  await run();
  world.write(manifest, edited);
  expect(await run(1)).toBe(original);
  world.write(manifest, edited);
  expect(await run(1)).toBe(edited);
  expect(await run(2)).toBe(original);
});

test("a repair does not restore the manifest of an upgrade that is not complete", async () => {
  await run();
  world.write(manifest, upgraded);
  expect(await run(1)).toBe(upgraded);
});

test("without copies, the files are kept as they are", async () => {
  await run();
  world.write(manifest, edited);
  for (const name of world.list(kept)) world.delete(`${kept}/${name}`);
  expect(await run(1)).toBe(edited);
  expect(world.read(`${kept}/kube-scheduler.yaml`)).toBe(edited);
});
