import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildBare } from "../../bench/critical-path/commands";
import type { Site } from "../../bench/up/site";
import { fixture } from "./fixture";

const folder = join(__dirname, "../../bench/critical-path");

interface Command {
  readonly host: string;
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs the whole of it with commands and APIs that only note what they are asked. */
async function build(site: Site, fails: (command: Command) => boolean = () => false) {
  const begun: Command[] = [];
  const ended: string[] = [];
  const fetching = jest.spyOn(globalThis, "fetch").mockImplementation((url, options) => {
    ended.push(`${options?.method} ${(url as string).replace(/^https?:\/\/[^/]+/, "")}`);
    return Promise.resolve(new Response(JSON.stringify({ result: { id: "record-1" } })));
  });
  try {
    await buildBare(site, async (host, name, variables = {}) => {
      const command = { host: host.name, name, variables };
      begun.push(command);
      await new Promise((done) => setTimeout(done, 5));
      if (fails(command)) throw new Error(`${host.name} ${name}`);
      ended.push(`${host.name} ${name}`);
      if (name === "held") return host.name === "haproxy-lb1" ? "eth0 192.168.2.140/24" : "";
      return "kubeadm join x --token abc.def --discovery-token-ca-cert-hash sha256:123 ";
    });
  } finally {
    fetching.mockRestore();
  }
  return { begun, ended };
}

it("keeps the order that the work itself asks for, and no other", async () => {
  const { ended } = await build(fixture());
  const inOrder = (...names: string[]) => {
    const places = names.map((name) => ended.indexOf(name));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
  };
  const patch = ended.find((one) => one.startsWith("PATCH")) ?? "";
  inOrder(
    "k8s-master1 init",
    "k8s-master2 join",
    "k8s-master3 join",
    "k8s-master1 ready",
    patch,
    "k8s-master2 resolves",
  );
  inOrder("haproxy-lb1 load-balancer", "haproxy-lb2 keepalived", "k8s-master1 serving", patch);
  inOrder("k8s-master1 init", "k8s-master1 network", "k8s-master1 ready");
  inOrder("k8s-master3 join", "k8s-master1 forget-tokens");
  expect(ended).toContain("monitor agent");
  expect(ended.filter((one) => one.startsWith("POST"))).toHaveLength(1 + 1 + 3 + 3 + 1);
});

it("gives each command the variables that its script says it takes", async () => {
  const { begun } = await build(fixture());
  const used = new Set(begun.map(({ name }) => name));
  const scripts = readdirSync(folder).filter((file) => file.endsWith(".sh") && file !== "head.sh");
  expect([...used].sort()).toEqual(scripts.map((file) => file.replace(".sh", "")).sort());
  for (const { name, variables } of begun) {
    const text = readFileSync(join(folder, `${name}.sh`), "utf8");
    const said = [...(text.split("\n\n")[0] ?? "").matchAll(/\b[A-Z][A-Z_]{2,}\b/g)].map(([word]) => word);
    const comment = text
      .split("\n")
      .filter((line) => line.startsWith("#"))
      .join(" ");
    const wanted = said.filter((word) => comment.includes(word) && !comment.includes(`@${word}@`) && word !== "API");
    expect(Object.keys(variables)).toEqual(expect.arrayContaining(wanted));
  }
  const join2 = begun.find(({ host, name }) => host === "k8s-master2" && name === "join");
  expect(join2?.variables["CONFIGURATION"]).toMatch(
    /certificateKey: "[0-9a-f]{64}"[^]*- "sha256:123"\n +token: "abc\.def"/,
  );
});

it("fails with what failed first", async () => {
  await expect(build(fixture(), ({ name }) => name === "init")).rejects.toThrow("k8s-master1 init");
});
