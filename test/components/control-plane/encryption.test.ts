import { addresses, blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// The real encryption.sh and encryption-missing.sh on hosts that are folders. The fake cluster (test/stand-ins/secrets.sh)
// notes in `broken` if an API server could not decrypt a Secret, or what another API server writes, at any moment.

const masters = Object.keys(addresses).filter((name) => name.includes("master"));
const keysFile = (name: string) => `hosts/${name}/etc/kubernetes/pki/encryption-at-rest.yaml`;
const secretOf = (key: string) => Buffer.from(`CANARY-${key}`.padEnd(32, "x")).toString("base64");

/** The file with these providers, as kube-control writes it. */
function keys(...providers: string[]): string {
  const lines = providers.map((provider, index) => {
    if (provider === "identity") return "      - identity: {}\n";
    const isFirst = index === 0 || providers[index - 1] === "identity";
    const head = isFirst ? "      - secretbox:\n          keys:\n" : "";
    return `${head}            - name: ${provider}\n              secret: ${secretOf(provider)}\n`;
  });
  return `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n  - resources: [secrets]\n    providers:\n${lines.join("")}`;
}

let texts: (step: string) => string;
let world: StandInHosts;

beforeAll(async () => {
  texts = await scriptTexts({ encryptionKeyGeneration: 2 });
});
beforeEach(() => {
  world = blankHosts();
  Object.keys(addresses).forEach((name) => makeNode(world, name));
  for (const name of masters) {
    for (const file of [keysFile(name), `loaded/${name}`]) world.write(file, keys("key1", "identity"));
    flag(name);
  }
  for (const name of ["default/one", "default/two", "kube-system/three"]) store(name, "key1");
});
afterEach(() => world.remove());

/** The API server's manifest, with the flag or without. */
const flag = (name: string, reloads = true) =>
  world.write(
    `hosts/${name}/etc/kubernetes/manifests/kube-apiserver.yaml`,
    `    - kube-apiserver\n${reloads ? "    - --encryption-provider-config-automatic-reload=true\n" : ""}`,
  );
const store = (name: string, key: string) =>
  world.write(`cluster/secrets/${name}`, `k8s:enc:secretbox:v1:${key}:${name}\n`);
const rotate = () => world.run(texts("encryption-key"), "create");
const writeMissing = () => world.run(texts("encryption-file"), "create");
const names = (name: string) =>
  [...world.read(keysFile(name)).matchAll(/- (?:name: )?(key\d+|identity)/g)].map(([, one]) => one);
const stored = () =>
  world
    .list("cluster/secrets")
    .flatMap((namespace) => world.list(`cluster/secrets/${namespace}`).map((name) => `${namespace}/${name}`))
    .map((name) => world.read(`cluster/secrets/${name}`));
const broken = () => (world.exists("broken") ? world.read("broken") : "");

/** All masters have one key of this name and the same secret, and every Secret is encrypted with it. */
function expectOnly(key: string): void {
  expect(masters.map(names)).toEqual(masters.map(() => [key, "identity"]));
  expect(new Set(masters.map((name) => world.read(keysFile(name)))).size).toBe(1);
  expect(stored().filter((value) => !value.startsWith(`k8s:enc:secretbox:v1:${key}:`))).toEqual([]);
  expect(broken()).toBe("");
}

test("without a second key no step changes keys", async () => {
  const first = await scriptTexts();
  expect([first("encryption-key"), first("encryption-file")]).toEqual([undefined, undefined]);
});

test("a rotation: every API server can decrypt with the new key before one encrypts with it", async () => {
  const { status, stdout, stderr } = await rotate();
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout.split("\n")).toEqual([
    "every API server can decrypt with key2",
    "every API server encrypts with key2",
    "every Secret in etcd is encrypted with key2; written again: 3",
    "every API server has no key except key2",
    "",
  ]);
  expectOnly("key2");
  for (const name of masters) expect(world.mode(keysFile(name))).toBe(0o600);
});

test("a second run changes nothing", async () => {
  await rotate();
  const before = world.read(keysFile("k8s-master1"));
  const { status, stdout, calls } = await rotate();
  expect([status, stdout]).toEqual([0, "every Secret in etcd is encrypted with key2; written again: 0\n"]);
  expect(world.read(keysFile("k8s-master1"))).toBe(before);
  expect(calls.filter((call) => /replace|write_encryption/.test(call))).toEqual([]);
});

test.each([7, 11, 14, 18, 21])(
  "a run that is killed at connection %i: the next run completes the rotation",
  async (connections) => {
    world.write("ssh-left", `${connections}\n`);
    expect((await rotate()).status).not.toBe(0);
    expect(broken()).toBe("");
    world.delete("ssh-left");
    expect((await rotate()).status).toBe(0);
    expectOnly("key2");
  },
);

test("keys are in no output, no argument of a process, and no other file", async () => {
  world.noteEveryProcess();
  const { stdout, stderr } = await rotate();
  const made = /secret: (\S+)/.exec(world.read(keysFile("k8s-master1")))?.[1] ?? "";
  expect(made).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  for (const key of [made, secretOf("key1")]) {
    expect(stdout + stderr + world.read("argv") + world.read("calls")).not.toContain(key);
  }
  expect(new Set(world.holding(made))).toEqual(new Set(["encryption-at-rest.yaml", ...masters]));
  expect(world.holding(secretOf("key1"))).toEqual([]);
});

test("an API server loads its keys late: waits for it", async () => {
  world.write("stuck", "k8s-master3");
  world.haste = 60;
  const { status, stderr } = await rotate();
  expect(status).toBe(64);
  expect(stderr).toContain("the API server to load");
  // the new key encrypts nothing yet
  expect(masters.map(names)).toEqual(masters.map(() => ["key1", "key2", "identity"]));
  expect([stored().every((value) => value.includes(":key1:")), broken()]).toEqual([true, ""]);
  world.delete("stuck");
  expect((await rotate()).status).toBe(0);
  expectOnly("key2");
});

test.each([
  [
    "does not answer",
    () => world.order("ssh k8s-master3: ", { status: 255, stderr: "No route to host\n" }),
    "the keys of k8s-master3 cannot be read",
  ],
  [
    "is not ready",
    () => world.order("k8s-master2: kubectl get --raw /readyz", { status: 1 }),
    "the keys of k8s-master2 cannot be read",
  ],
  ["does not reload its keys", () => flag("k8s-master2", false), "automatic-reload=true"],
  [
    "has a file of another form",
    () => world.write(keysFile("k8s-master2"), `# by hand\n${keys("key1", "identity")}`),
    "is not as kube-control writes it",
  ],
  [
    "has another secret under the same name",
    () => world.write(keysFile("k8s-master2"), keys("key1", "identity").replace(secretOf("key1"), secretOf("key9"))),
    "two masters have different keys of the name key1",
  ],
  [
    "has a newer key",
    () => world.write(keysFile("k8s-master2"), keys("key1", "key5", "identity")),
    "k8s-master2 has key5, which is newer than key2",
  ],
])("a master that %s: fails and changes no key", async (_, spoil, message) => {
  spoil();
  const before = masters.map((name) => world.read(keysFile(name)));
  const { status, stderr } = await rotate();
  expect(status).toBe(64);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/CANARY|Q0FOQVJZ/);
  expect(masters.map((name) => world.read(keysFile(name)))).toEqual(before);
});

test("etcd has a member that is not in the configuration: fails and changes no key", async () => {
  world.write(
    "cluster/etcd/ee4",
    "ee4, started, k8s-master4, https://192.0.2.14:2380, https://192.0.2.14:2379, false\n",
  );
  const { status, stderr } = await rotate();
  expect(status).toBe(64);
  expect(stderr).toContain("etcd has a member k8s-master4");
  expect(names("k8s-master1")).toEqual(["key1", "identity"]);
});

test("a Secret that cannot be written again: fails, names it, and keeps the former key", async () => {
  world.order("kubectl replace", { status: 1, stderr: "Error from server (Forbidden): denied CANARY-VALUE\n" });
  const { status, stderr } = await rotate();
  expect(status).toBe(64);
  expect(stderr).toContain(
    "3 Secrets are not encrypted with key2 and cannot be written again, e.g. default one;default two;",
  );
  expect(stderr).toContain("Error from server (Forbidden)");
  expect(stderr).not.toContain("CANARY");
  expect(masters.map(names)).toEqual(masters.map(() => ["key2", "key1", "identity"]));
});

test("a conflict while a Secret is written again: the next round writes it", async () => {
  world.order("kubectl replace", { times: 1, status: 1, stderr: "Error from server (Conflict): changed\n" });
  expect((await rotate()).status).toBe(0);
  expectOnly("key2");
});

test("etcd does not list all its Secrets: fails and keeps the former key", async () => {
  world.order("etcdctl get", { stdout: '"Key" : "/registry/secrets/default/one"\n' });
  const { status, stderr } = await rotate();
  expect(status).toBe(64);
  expect(stderr).toContain("etcdctl printed no complete answer");
  expect(names("k8s-master1")).toEqual(["key2", "key1", "identity"]);
});

test("hundreds of Secrets in several namespaces are written again in groups of 50", async () => {
  for (let number = 0; number < 130; number++) store(`many/secret${number}`, "key1");
  const { status, calls } = await rotate();
  expect(status).toBe(0);
  expectOnly("key2");
  const groups = calls
    .filter((call) => call.includes("get secrets"))
    .map((call) => call.match(/ secret\d+/g)?.length ?? 0);
  expect(Math.max(...groups)).toBe(50);
  expect(groups.reduce((sum, one) => sum + one, 0)).toBe(130);
});

describe("encryption that is turned on in a running cluster", () => {
  beforeEach(() => {
    for (const name of masters) {
      world.delete(keysFile(name));
      world.delete(`loaded/${name}`);
      flag(name, false);
    }
    for (const name of ["default/one", "default/two", "kube-system/three"])
      world.write(`cluster/secrets/${name}`, "k8s plain\n");
  });

  test("first every master gets a key that encrypts nothing, then all Secrets are encrypted", async () => {
    expect((await writeMissing()).status).toBe(0);
    expect(masters.map(names)).toEqual(masters.map(() => ["identity", "key2"]));
    expect(new Set(masters.map((name) => world.read(keysFile(name)))).size).toBe(1);
    for (const name of masters) {
      flag(name);
      world.write(`loaded/${name}`, world.read(keysFile(name)));
    }
    expect((await rotate()).status).toBe(0);
    expectOnly("key2");
  });

  test("a run that wrote some files only: the next run gives the other masters the same key", async () => {
    world.write("ssh-left", "6\n");
    expect((await writeMissing()).status).not.toBe(0);
    expect(masters.filter((name) => world.exists(keysFile(name)))).toHaveLength(1);
    world.delete("ssh-left");
    expect((await writeMissing()).status).toBe(0);
    expect(new Set(masters.map((name) => world.read(keysFile(name)))).size).toBe(1);
  });

  test("a master does not answer and no other has a key: fails and writes nothing", async () => {
    world.order("ssh k8s-master3: ", { status: 255, stderr: "No route to host\n" });
    const { status, stderr } = await writeMissing();
    expect(status).toBe(64);
    expect(stderr).toContain("these do not answer: k8s-master3. Nothing was changed");
    expect(masters.filter((name) => world.exists(keysFile(name)))).toEqual([]);
  });

  test("a master does not answer, and another one has the keys: the third master gets them", async () => {
    world.write(keysFile("k8s-master1"), keys("identity", "key2"));
    world.order("ssh k8s-master3: ", { status: 255, stderr: "No route to host\n" });
    expect((await writeMissing()).status).toBe(0);
    expect(world.read(keysFile("k8s-master2"))).toBe(keys("identity", "key2"));
  });
});
