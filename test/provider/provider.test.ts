import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tokenOf, type StackIdentity } from "../../components/identity/changes";
import * as identity from "../../provider/identity";
import * as leftovers from "../../provider/leftovers";
import * as progress from "../../provider/progress";
import { plain } from "../../provider/secrets";

const warnings: string[] = [];
const warn = (_urn: string, text: string) => Promise.resolve(void warnings.push(text));
beforeEach(() => warnings.splice(0));

const stack = (podSubnet: string, masters: readonly string[]): StackIdentity => ({
  decided: { "kubernetes.podSubnet": podSubnet },
  initOnly: {},
  hosts: masters.map((name, index) => ({ name, address: `192.0.2.${name.slice(1)}${index * 0}`, role: "master" })),
  machines: {},
  authority: "",
});

describe("the identity", () => {
  const old = stack("10.1.0.0/16", ["m1", "m2", "m3"]);
  const check = (news: identity.IdentityInputs, olds?: StackIdentity) => identity.check(warn, "urn", olds, news);
  afterEach(() => {
    delete process.env["KUBE_CONTROL_CONFIRM"];
  });

  test("is accepted if there is neither a state nor a cluster", async () => {
    expect((await check(old)).failures).toBeUndefined();
  });

  test("refuses a setting that differs from the state", async () => {
    const { failures } = await check(stack("10.2.0.0/16", ["m1", "m2", "m3"]), old);
    expect(failures).toEqual([{ property: "", reason: expect.stringContaining("old value: 10.1.0.0/16") }]);
  });

  test("refuses a setting that differs from the hosts' facts if the state is empty", async () => {
    const { failures } = await check({ ...stack("10.2.0.0/16", ["m1"]), observed: stack("10.1.0.0/16", ["m1"]) });
    expect(failures).toHaveLength(1);
  });

  test("refuses leftovers only if the state holds no stack", async () => {
    const leftovers = ["m1: is a master of a cluster", "Correct the findings"];
    const { failures } = await check({ ...old, leftovers });
    expect(failures).toEqual([{ property: "", reason: "m1: is a master of a cluster\nCorrect the findings" }]);
    const known = await check({ ...old, leftovers }, old);
    expect(known.failures).toBeUndefined();
    expect(known.inputs).not.toHaveProperty("leftovers");
  });

  test("accepts a confirmed change, with a warning of what is lost", async () => {
    const news = stack("10.2.0.0/16", ["m1", "m2", "m3"]);
    const before = "10.1.0.0/16";
    const refusal = {
      setting: "kubernetes.podSubnet",
      before,
      after: "10.2.0.0/16",
      reason: "",
      instead: "",
      lost: "",
    };
    process.env["KUBE_CONTROL_CONFIRM"] = tokenOf(refusal);
    const { failures, inputs } = await check(news, old);
    expect([failures, (inputs as { confirmed: string[] }).confirmed]).toEqual([undefined, ["kubernetes.podSubnet"]]);
    expect(warnings).toEqual([expect.stringContaining("You lose:")]);
  });

  test("does not store the observed facts, and keeps the known machine ids and CA", async () => {
    const known = { ...old, machines: { m1: "aaaa", m9: "gone" }, authority: "cafe" };
    const { inputs } = await check({ ...old, observed: known }, known);
    expect(inputs).not.toHaveProperty("observed");
    expect(inputs).toMatchObject({ machines: { m1: "aaaa" }, authority: "cafe" });
  });

  test("remembers masters of earlier lists until they are listed again", () => {
    const { outs: first } = identity.create(old) as { outs: identity.IdentityOutputs };
    const { outs: second } = identity.update(first, stack("10.1.0.0/16", ["m1", "m4", "m5"])) as {
      outs: identity.IdentityOutputs;
    };
    expect(second.former.map(({ name }) => name)).toEqual(["m2", "m3"]);
    const { outs: third } = identity.update(second, stack("10.1.0.0/16", ["m1", "m2", "m5"])) as {
      outs: identity.IdentityOutputs;
    };
    expect(third.former.map(({ name }) => name)).toEqual(["m3", "m4"]);
    expect(third.recordedAt).toBe(first.recordedAt);
  });

  test("is updated for the machine id of a new host, not for a changed machine id", () => {
    const { outs } = identity.create({ ...old, machines: { m1: "aaaa" } }) as { outs: identity.IdentityOutputs };
    expect(identity.diff(outs, { ...old, machines: { m1: "bbbb" }, authority: "cafe" }).changes).toBe(false);
    expect(identity.diff(outs, { ...old, machines: { m1: "aaaa", m2: "cccc" } }).changes).toBe(true);
  });
});

describe("the progress", () => {
  const wanted = (one: string, two: string) => ({ m1: { prepare: one }, m2: { prepare: two, join: "j" } });
  const created = progress.create({ wanted: wanted("a", "a") }).outs as progress.ProgressOutputs;

  test("has no undone step if every host answers", () => {
    expect([created.undone, created.done]).toEqual([{}, created.wanted]);
  });

  test("lists the changed steps of a host that does not answer", () => {
    const outs = progress.update(created, { wanted: wanted("b", "b"), unreachable: ["m2"] })
      .outs as progress.ProgressOutputs;
    expect(outs.undone).toEqual({ m2: ["prepare"] });
    expect(outs.done).toEqual({ m1: { prepare: "b" }, m2: { prepare: "a", join: "j" } });
    expect(progress.diff(outs, { wanted: wanted("b", "b") }).changes).toBe(true);
    const back = progress.update(outs, { wanted: wanted("b", "b") }).outs as progress.ProgressOutputs;
    expect([back.undone, progress.diff(back, { wanted: wanted("b", "b") }).changes]).toEqual([{}, false]);
  });

  test("does not change if a host that does not answer has no changed steps", () => {
    expect(progress.diff(created, { wanted: wanted("a", "a"), unreachable: ["m2"] }).changes).toBe(false);
  });

  test("lists every step of a host that has never answered", () => {
    const outs = progress.create({ wanted: wanted("a", "a"), unreachable: ["m2"] }).outs as progress.ProgressOutputs;
    expect(outs.undone).toEqual({ m2: ["prepare", "join"] });
  });

  test("compares digests that are secrets", () => {
    const secret = (value: string) => ({
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      value,
    });
    const first = progress.create({ wanted: { m1: { prepare: secret("a") } } }).outs as progress.ProgressOutputs;
    expect(progress.diff(first, { wanted: { m1: { prepare: secret("a") } } }).changes).toBe(false);
    expect(progress.diff(first, { wanted: { m1: { prepare: secret("b") } } }).changes).toBe(true);
  });
});

const departing: leftovers.LeftoversInputs = {
  name: "m3",
  address: "127.0.0.1",
  port: 1,
  user: "ops",
  hostKey: "ssh-ed25519 AAAA",
  role: "load balancer",
  cluster: "kube.example.com:6443",
};

describe("the leftovers of a host", () => {
  test("are shown with the command that removes them, if the host does not answer", async () => {
    await leftovers.remove(warn, "urn", { ...departing, privateKeyFile: "/nonexistent" });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^m3 \(127\.0\.0\.1\) does not answer.*HAProxy and Keepalived.*systemctl disable --now keepalived/,
      ),
    ]);
  });
});

test("a removed host is reached with the private key in the state, not with a file", () => {
  const before = leftovers.create({ ...departing, privateKeyFile: "/home/anna/.ssh/id_ed25519" }).outs;
  const news = { ...departing, privateKey: "KEY" };
  expect(leftovers.diff(before as leftovers.LeftoversInputs, news).changes).toBe(true);
  expect(leftovers.diff(leftovers.create(news).outs as leftovers.LeftoversInputs, news).changes).toBe(false);
});

test("the committed bundle is up to date", async () => {
  const module = join(__dirname, "../../provider/bundle.mjs");
  const { execFileSync } = await import("node:child_process");
  const code = `import(${JSON.stringify(module)}).then(async ({ bundled }) => process.stdout.write(await bundled()))`;
  const text = execFileSync(process.execPath, ["--input-type=module", "--eval", code], { maxBuffer: 1e8 }).toString();
  expect(readFileSync(join(__dirname, "../../provider/bundle.cjs"), "utf8")).toBe(text);
});

test("the provider loads Cloudflare's client when it connects, not when it starts", () => {
  const text = readFileSync(join(__dirname, "../../provider/bundle.cjs"), "utf8");
  expect(text.match(/^.*["']cloudflare["'].*$/gm)).toEqual(['  const { Cloudflare } = await import("cloudflare");']);
});

test("a private key that the engine marks as secret is read as plain text", () => {
  const privateKey = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "KEY" };
  expect(plain({ ...departing, privateKey, proxyJump: { host: "192.0.2.1", hops: [privateKey] } })).toEqual({
    ...departing,
    privateKey: "KEY",
    proxyJump: { host: "192.0.2.1", hops: ["KEY"] },
  });
});
