import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ControlPlaneArgs } from "../../../components/control-plane";
import { ControlPlane } from "../../../components/control-plane";
import { sessionOf } from "../../../host/session";
import { hidden, isSecret, type Registered, revealed } from "../../recorder";
import { hostAt, refusal, registered, returns, silent } from "../registered";

/** A host with its own pinned key. */
function host(name: string, address: string) {
  const plain = hostAt(name, address);
  return { ...plain, ssh: { ...plain.ssh, hostKey: `ssh-ed25519 KEY-OF-${name}` } };
}
const masters = [1, 2, 3].map((i) => host(`k8s-master${i}`, `192.168.2.15${i}`));
const worker = host("k8s-worker1", "192.168.2.161");

const controlPlane = (changes: Partial<ControlPlaneArgs> = {}, opts?: pulumi.ComponentResourceOptions) =>
  new ControlPlane(
    "kubernetes",
    {
      endpoint: pulumi.output("kube-control.kacangisnuts.com"),
      nodes: masters,
      certificateNames: ["192.168.2.140"],
      version: "v1.37.2",
      podSubnet: "10.244.0.0/16",
      serviceSubnet: "10.96.0.0/12",
      repository: { url: "http://192.168.2.10/kubernetes/", key: "KEY" },
      ...changes,
    },
    opts,
  );

let recorded = new Map<string, Registered>();
async function build(changes: Partial<ControlPlaneArgs> = {}): Promise<void> {
  recorded = await registered(() => controlPlane(changes));
}

const step = (name: string): Registered => {
  const found = recorded.get(`kubernetes-${name}`);
  if (found === undefined) throw new Error(`no ${name} among ${[...recorded.keys()].join(", ")}`);
  return found;
};
/** All direct and indirect dependencies of a step. */
function before(name: string, seen = new Set<string>()): Set<string> {
  for (const one of recorded.get(name)?.dependencies ?? []) {
    if (!seen.has(one)) {
      seen.add(one);
      before(one, seen);
    }
  }
  return seen;
}

test("the expected steps are registered, with the component as their parent", async () => {
  await build({ workers: [worker] });
  expect([...recorded.keys()].sort()).toEqual([
    "kubernetes",
    "kubernetes-cni",
    "kubernetes-cni-state",
    "kubernetes-k8s-master1-certificates",
    "kubernetes-k8s-master1-init",
    "kubernetes-k8s-master1-membership",
    "kubernetes-k8s-master1-prepare",
    "kubernetes-k8s-master1-state",
    "kubernetes-k8s-master1-update",
    "kubernetes-k8s-master2-certificates",
    "kubernetes-k8s-master2-join",
    "kubernetes-k8s-master2-membership",
    "kubernetes-k8s-master2-prepare",
    "kubernetes-k8s-master2-state",
    "kubernetes-k8s-master2-update",
    "kubernetes-k8s-master3-certificates",
    "kubernetes-k8s-master3-join",
    "kubernetes-k8s-master3-membership",
    "kubernetes-k8s-master3-prepare",
    "kubernetes-k8s-master3-state",
    "kubernetes-k8s-master3-update",
    "kubernetes-k8s-worker1-join",
    "kubernetes-k8s-worker1-membership",
    "kubernetes-k8s-worker1-prepare",
    "kubernetes-k8s-worker1-state",
    "kubernetes-k8s-worker1-update",
    "kubernetes-kubeconfig",
    "kubernetes-ready",
    "kubernetes-version",
  ]);
  for (const [name, { parent, type }] of recorded) {
    if (name === "kubernetes") {
      expect(type).toBe("kube-control:index:ControlPlane");
    } else {
      expect([name, parent]).toEqual([name, "kubernetes"]);
    }
  }
});

test("hosts are prepared at the same time", async () => {
  await build();
  for (const { name } of masters) {
    expect([...before(`kubernetes-${name}-prepare`)].filter((one) => !/-(membership|state)$/.test(one))).toEqual([]);
  }
});

test("masters of a running cluster are prepared one after another", async () => {
  const nodes = masters.map((one) => ({ ...one, ssh: { ...one.ssh } }));
  for (const node of nodes) sessionOf(node).isMember = true;
  await build({ nodes });
  expect(before("kubernetes-k8s-master3-prepare")).toContain("kubernetes-k8s-master2-prepare");
  expect(before("kubernetes-k8s-master2-prepare")).toContain("kubernetes-k8s-master1-prepare");
});

test("a step has the generation of its host, a step for the cluster has the sum of all", async () => {
  returns("kubernetes-k8s-master2-state", { generation: 3 });
  await build({ workers: [worker] });
  const raised = [...recorded.values()]
    .filter(({ type }) => type.startsWith("command:"))
    .filter(({ inputs }) => String(revealed(inputs["stdin"])).includes("KC_GENERATION='3'\n"))
    .map(({ name }) => name.replace("kubernetes-", ""));
  expect(raised.sort()).toEqual([
    "cni",
    "k8s-master2-certificates",
    "k8s-master2-join",
    "k8s-master2-prepare",
    "k8s-master2-update",
    "ready",
  ]);
});

test("the first master is initialised after all masters are prepared", async () => {
  await build();
  expect(step("k8s-master1-init").dependencies).toEqual(
    expect.arrayContaining(
      masters.flatMap(({ name }) => [`kubernetes-${name}-prepare`, `kubernetes-${name}-certificates`]),
    ),
  );
});

test("masters join one after another, and workers join after them", async () => {
  await build({ workers: [worker] });
  expect(before("kubernetes-k8s-master2-join")).toContain("kubernetes-k8s-master1-init");
  expect(before("kubernetes-k8s-master2-join")).not.toContain("kubernetes-k8s-master3-join");
  expect(step("k8s-master3-join").dependencies).toContain("kubernetes-k8s-master2-join");
  expect(step("k8s-worker1-join").dependencies).toContain("kubernetes-k8s-master3-join");
});

test("the wait for the cluster comes after all other steps", async () => {
  await build();
  const others = [...recorded.keys()].filter(
    (name) =>
      !["kubernetes", "kubernetes-ready", "kubernetes-kubeconfig"].includes(name) && !/-(update|version)$/.test(name),
  );
  expect([...before("kubernetes-ready")].sort()).toEqual(others.sort());
});

test("a second key: missing files are written before the masters are updated, and the key is rotated after them", async () => {
  await build({ encryptionKeyGeneration: 2, workers: [worker] });
  for (const { name } of masters) {
    expect(before(`kubernetes-${name}-update`)).toContain("kubernetes-encryption-file");
    expect(before("kubernetes-encryption-key")).toContain(`kubernetes-${name}-update`);
  }
  expect(before("kubernetes-encryption-file")).toContain("kubernetes-ready");
});

test("a master does not answer: the key is not rotated, but missing files still stop an update", async () => {
  const [first, second, third] = masters;
  await build({ encryptionKeyGeneration: 2, nodes: [first!, second!, silent(third!)] });
  expect(step("encryption-key").inputs).not.toHaveProperty("create");
  expect(step("encryption-file").inputs).toHaveProperty("create");
});

test("the state has the arguments of the components, without the paths of files", async () => {
  const policy = join(mkdtempSync(join(tmpdir(), "kube-control-policy-")), "policy.yaml");
  writeFileSync(policy, "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n");
  const apiServer = { extraArgs: { profiling: false }, audit: { enabled: true, policy } };
  await build({ apiServer, scheduler: { extraEnvs: { GOGC: "200" } } });
  const { inputs } = recorded.get("kubernetes") ?? step("");
  expect(JSON.stringify(inputs)).not.toContain(policy);
  expect(inputs).toMatchObject({
    apiServer: { extraArgs: { profiling: false }, audit: { enabled: true } },
    scheduler: { extraEnvs: { GOGC: "200" } },
  });
  await build();
  for (const name of ["apiServer", "scheduler", "controllerManager", "encryptionKeyGeneration"]) {
    expect(recorded.get("kubernetes")?.inputs[name]).toBeUndefined();
  }
  rmSync(dirname(policy), { recursive: true });
});

test("nodes are updated when the cluster is ready: masters one by one, then workers", async () => {
  await build({ workers: [worker] });
  const update = (host: string) => `kubernetes-${host}-update`;
  expect(before(update("k8s-master1"))).toContain("kubernetes-ready");
  expect(before(update("k8s-master2"))).toContain(update("k8s-master1"));
  expect(before(update("k8s-master3"))).toContain(update("k8s-master2"));
  expect(before(update("k8s-worker1"))).toContain(update("k8s-master3"));
});

test("nodes are removed one by one, the first master last, also if only prepared", async () => {
  await build();
  expect(step("k8s-master3-membership").dependencies).toContain("kubernetes-k8s-master2-membership");
  expect(step("k8s-master2-membership").dependencies).toContain("kubernetes-k8s-master1-membership");
  for (const { name } of masters) {
    expect(step(`${name}-membership`).inputs["delete"]).toMatch(/^bash -s -- delete # /);
    expect(step(`${name}-prepare`).dependencies).toContain(`kubernetes-${name}-membership`);
    // a deletion that connects to the host would fail if the host is down
    expect(step(`${name}-prepare`).inputs).not.toHaveProperty("delete");
  }
  expect(step("k8s-master1-init").inputs).not.toHaveProperty("delete");
});

test("a command line contains only the phase and the step's title", async () => {
  await build();
  for (const [name, { inputs }] of recorded) {
    for (const phase of ["create", "update", "delete"].filter((one) => one in inputs)) {
      expect(`${name}: ${inputs[phase]}`).toMatch(
        /: (sh -c '[^']*)?bash -s -- (create|update|delete)([^']*')? # [a-z0-9-]+: [A-Za-z ]+$/,
      );
    }
  }
});

test("no input has a token, key or kubeconfig in plain text; the kubeconfig is a secret", async () => {
  returns("kubernetes-kubeconfig", { kubeconfig: "apiVersion: v1\nkind: Config\n" });
  let made: ControlPlane | undefined;
  recorded = await registered(() => (made = controlPlane({ workers: [worker] })));
  expect(await new Promise((resolve) => made?.kubeconfig.apply(resolve))).toContain("kind: Config");

  for (const [name, { type, inputs }] of recorded) {
    // the SSH key is the only secret; all other inputs must contain nothing secret
    const holders: Record<string, string> = {
      "command:local:Command": "stdin",
      "kube-control-hosts:index:HostState": "hosts",
      "kube-control-hosts:index:Kubeconfig": "hosts",
    };
    const holder = holders[type] ?? "connection";
    for (const [input, value] of Object.entries(inputs)) {
      expect([name, input, isSecret(value)]).toEqual([name, input, input === holder]);
    }
    const rest = Object.entries(inputs).filter(([input]) => !["connection", "hosts"].includes(input));
    const open = JSON.stringify(rest.map(([, value]) => revealed(value))).replace(
      "KC_PRIVATE_KEY='CANARY PRIVATE KEY'",
      "",
    );
    expect(open).not.toMatch(/PRIVATE KEY|kind: Config|[a-z0-9]{6}\.[a-z0-9]{16}\b/);
  }
  expect(String(revealed(step("k8s-master2-join").inputs["stdin"]))).toContain('token: "@TOKEN@"');
  // the output of other steps stays readable for the user
  const outputs = [...recorded.values()].flatMap(({ secretOutputs }) => secretOutputs);
  expect([...new Set(outputs)].sort()).toEqual(["connection", "kubeconfig"]);
  expect(step("kubeconfig").secretOutputs).toContain("kubeconfig");
});

test("each step connects to its host's address with the pinned host key", async () => {
  await build({ workers: [worker] });
  for (const { name, address } of [...masters, worker]) {
    expect(hidden(step(`${name}-prepare`).inputs["connection"])).toMatchObject({
      host: address,
      user: "ops",
      hostKey: `ssh-ed25519 KEY-OF-${name}`,
    });
  }
});

test("a join can connect to every master with its pinned host key", async () => {
  await build();
  const stdin = String(revealed(step("k8s-master3-join").inputs["stdin"]));
  for (const { name, address } of masters) {
    expect(stdin).toContain(`${name} ops@${address}:22`);
    expect(stdin).toContain(`${address} ssh-ed25519 KEY-OF-${name}`);
  }
});

test("the name may resolve to the first master or virtual IP, at a join also to any master", async () => {
  await build();
  expect(revealed(step("k8s-master1-init").inputs["stdin"])).toContain(
    "ENDPOINT_ADDRESSES='192.168.2.151 192.168.2.140'",
  );
  expect(revealed(step("k8s-master2-join").inputs["stdin"])).toContain(
    "ENDPOINT_ADDRESSES='192.168.2.151 192.168.2.152 192.168.2.153 192.168.2.140'",
  );
});

test("without a pod network no manifest is applied, and no node has to be Ready", async () => {
  await build({ cni: { name: "none" } });
  expect(recorded.has("kubernetes-cni")).toBe(false);
  expect(revealed(step("ready").inputs["stdin"])).toContain("NODES_READY='0'");
});

test("a master downloads flannel's manifest of a pinned version with a checksum", async () => {
  await build();
  const stdin = revealed(step("cni").inputs["stdin"]);
  expect(stdin).toMatch(
    /MANIFEST_URL='https:\/\/github\.com\/flannel-io\/flannel\/releases\/download\/v[\d.]+\/kube-flannel\.yml'/,
  );
  expect(stdin).toMatch(/MANIFEST_SHA256='[0-9a-f]{64}'/);
});

describe("a manifest of the user", () => {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-cni-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const apply = async (...objects: object[]) => {
    const manifest = join(folder, "cni.yaml");
    writeFileSync(manifest, objects.map((one) => JSON.stringify(one)).join("\n---\n"));
    await build({ cni: { name: "manifest", manifest } });
    return step("cni").inputs;
  };
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "cni" }, data: { key: "OPEN" } };
  const secret = {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "typha" } },
    ...{ data: { "tls.key": "Q0FOQVJZLURBVEE=" }, stringData: { password: "CANARY\nTEXT", empty: "" } },
  };

  test("without Secrets has nothing to mask", async () => {
    const { stdin } = await apply(configMap);
    expect(hidden(stdin)).toContain("OPEN");
    expect(hidden(stdin)).toMatch(/^KC_SECRETS='KC_PRIVATE_KEY'$/m);
  });

  test.each<[string, object]>([
    ["a Secret", secret],
    ["a List with a Secret", { apiVersion: "v1", kind: "List", items: [configMap, secret] }],
  ])("with %s has each of its values masked in kubectl's output", async (_, object) => {
    const inputs = await apply(configMap, object);
    const text = String(hidden(inputs["stdin"]));
    expect(text).toContain("Q0FOQVJZLURBVEE=");
    expect(JSON.stringify({ ...inputs, stdin: undefined })).not.toMatch(/CANARY|Q0FOQVJZ/);
    const [, masked = ""] = /^KC_SECRETS='(.*)'$/m.exec(text) ?? [];
    const values = masked.split(" ").map((name) => new RegExp(`^${name}='([^']*)'$`, "m").exec(text)?.[1]);
    expect(values).toEqual([
      "CANARY PRIVATE KEY",
      expect.stringContaining("typha"),
      "Q0FOQVJZLURBVEE=",
      "CANARY\nTEXT",
      "CANARY\\nTEXT",
      Buffer.from("CANARY\nTEXT").toString("base64"),
    ]);
    // without triggers, a change updates the step and does not replace it
    expect(inputs["triggers"]).toBeUndefined();
  });
});

test("a single master needs no join", async () => {
  await build({ nodes: masters.slice(0, 1) });
  expect([...recorded.keys()].filter((name) => name.endsWith("-join"))).toEqual([]);
  expect(step("ready").dependencies).toContain("kubernetes-k8s-master1-init");
});

test("a manifest that cannot be read is refused with the argument's name", async () => {
  const cni = { name: "manifest", manifest: "/nowhere/cni.yaml" } as const;
  expect(await refusal(() => void controlPlane({ cni }))).toMatch(
    /^kubernetes\.cni\.manifest: does not exist: \/nowhere\/cni\.yaml/,
  );
});
