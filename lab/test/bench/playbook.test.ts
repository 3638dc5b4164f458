import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { readRecap } from "../../bench/up/contestants/ansible";
import { inventoryOf } from "../../bench/up/contestants/inventory";
import { clearOutside, outsideFindings } from "../../bench/up/outside";
import { rendered } from "../../bench/up/rendered";
import type { Site } from "../../bench/up/site";
import { startCloudflare } from "../../services/cloudflare/main";
import { startDatadog } from "../../services/datadog/main";
import { scratch } from "../../../test/settings/stack";
import { findAnsible } from "./ansible";
import { fixture, secrets } from "./fixture";

const ansible = findAnsible();
const describeWithAnsible = ansible === undefined ? describe.skip : describe;
if (ansible === undefined) {
  process.stderr.write(
    "skipped: the playbook itself, as there is no ansible-playbook (npm run bench -- up installs one)\n",
  );
}
// Ansible starts a Python for each task
jest.setTimeout(600_000);

const playbook = join(__dirname, "../../bench/ansible");

/** Runs a playbook with a site's inventory; not in this thread, which serves the APIs. */
function play(site: Site, file: string, ...options: string[]): Promise<{ code: number; output: string }> {
  const folder = join(scratch, "inventory");
  mkdirSync(folder, { recursive: true });
  const { inventory, secrets: hidden } = inventoryOf(site);
  writeFileSync(join(folder, "inventory.yml"), inventory);
  writeFileSync(join(folder, "secrets.yml"), hidden);
  const [command = "", ...args] = ansible ?? [];
  const all = [...args, "-i", join(folder, "inventory.yml"), "-e", `@${join(folder, "secrets.yml")}`, ...options, file];
  return new Promise((done) => {
    const env = { ...process.env, ANSIBLE_CONFIG: join(playbook, "ansible.cfg"), LC_ALL: "C.UTF-8", NO_COLOR: "1" };
    const child = spawn(command, all, { cwd: playbook, env });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += String(text)));
    child.on("close", (code) => done({ code: code ?? 1, output }));
  });
}

/** Lines that say something: comments and blank ones are each writer's own. */
const saying = (text: string) => text.split("\n").filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as unknown);

describeWithAnsible("the playbook", () => {
  it("passes ansible-playbook's syntax check", async () => {
    const { code, output } = await play(fixture(), "site.yml", "--syntax-check");
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  it.each([
    ["as committed", () => undefined],
    [
      "with one master, three load balancers, its own times and mirrors",
      (stack: Record<string, any>) => {
        stack["loadBalancers"].push({ name: "haproxy-lb3", address: "192.168.2.160", priority: 90 });
        stack["monitor"] = { name: "monitor", address: "192.168.2.153" };
        stack["masters"].pop();
        stack["masters"].pop();
        stack["haproxy"] = { clientTimeout: "2h", serverTimeout: "90m", checkInterval: "2s", connectTimeout: "1s" };
        stack["kubernetes"].kubeProxy = {};
        stack["kubernetes"].encryptionAtRest = false;
        stack["kubernetes"].containerd.mirrors["docker.io"] = ["http://192.168.2.10:5000/v2/hub"];
      },
    ],
  ])("renders what the program renders, %s", async (_, change) => {
    const site = fixture(change);
    const { masters, loadBalancers, kubernetes } = site.settings;
    const out = join(scratch, "rendered");
    mkdirSync(out, { recursive: true });
    const master = masters.at(-1)!;
    const balancer = loadBalancers.at(-1)!;
    const registry = Object.keys(kubernetes.containerd.mirrors).at(-1)!;
    const roles = join(playbook, "roles");
    const render = (host: string, src: string, dest: string, vars: object = {}) => ({
      hosts: host,
      connection: "local",
      become: false,
      vars: { ansible_python_interpreter: "{{ ansible_playbook_python }}", ...vars },
      tasks: [{ template: { src: join(roles, src), dest: join(out, dest) } }],
    });
    const join_ = {
      kubeadm_join_key: "@CERTIFICATE_KEY@",
      kubeadm_join_token: "@TOKEN@",
      kubeadm_join_ca: "@CA_HASH@",
    };
    const plays = [
      render(master.name, "kubeadm_init/templates/init.yaml.j2", "init.yaml"),
      render(master.name, "kubeadm_join/templates/join.yaml.j2", "join.yaml", join_),
      render(master.name, "kubeadm_join/templates/upload.yaml.j2", "upload.yaml", join_),
      render(master.name, "kubernetes_node/templates/config.toml.j2", "config.toml", {
        kubernetes_node_sandbox: "@SANDBOX_IMAGE@",
      }),
      render(master.name, "kubernetes_node/templates/hosts.toml.j2", "hosts.toml", { item: registry }),
      render(balancer.name, "haproxy/templates/haproxy.cfg.j2", "haproxy.cfg"),
      render(balancer.name, "keepalived/templates/keepalived.conf.j2", "keepalived.conf", {
        keepalived_interface: "eth0",
      }),
      render("monitor", "datadog_agent/templates/conf.yaml.j2", "conf.yaml"),
    ];
    writeFileSync(join(scratch, "render.yml"), JSON.stringify(plays));
    const { code, output } = await play(site, join(scratch, "render.yml"));
    expect({ code, output }).toMatchObject({ code: 0 });

    const made = (name: string) => readFileSync(join(out, name), "utf8");
    const files = rendered(site);
    expect(documents(made("init.yaml"))).toEqual(documents(files.init(master)));
    expect(documents(made("join.yaml"))).toEqual(documents(files.join(master)));
    expect(documents(made("upload.yaml"))).toEqual(documents(files.upload));
    expect(saying(made("config.toml"))).toEqual(saying(files.containerd));
    const hosts = files.registryHosts[`/etc/containerd/certs.d/${registry}/hosts.toml`] ?? "";
    expect(saying(made("hosts.toml")).sort()).toEqual(saying(hosts).sort());
    expect(saying(made("haproxy.cfg"))).toEqual(saying(files.haproxy));
    expect(saying(made("keepalived.conf"))).toEqual(saying(files.keepalived(balancer.name, "eth0")));
    expect(documents(made("conf.yaml"))).toEqual(documents(files.agentConf.content));
  });

  it("makes record and pipeline as the program does, and changes nothing when run again", async () => {
    const cloudflare = await startCloudflare(
      {
        port: 0,
        token: secrets.cloudflareApiToken,
        zones: [{ id: fixture().zone.id, name: "kacangisnuts.com" }],
        nameServer: { address: "127.0.0.1", keyName: "k", keyAlgorithm: "hmac-sha256", keySecret: "AAAA" },
        stateFile: join(scratch, "records.json"),
        journalFile: join(scratch, "records.jsonl"),
      },
      () => Promise.resolve(),
    );
    const datadog = await startDatadog({
      port: 0,
      intakePort: 0,
      apiKey: secrets.datadogApiKey,
      appKey: secrets.datadogAppKey,
      stateFile: join(scratch, "account.json"),
      logsFile: join(scratch, "logs.jsonl"),
      pointsFile: join(scratch, "points.jsonl"),
      journalFile: join(scratch, "api.jsonl"),
      intakeJournalFile: join(scratch, "intake.jsonl"),
    });
    try {
      const site = fixture((stack) => {
        stack["endpoint"].cloudflare.baseUrl = `http://127.0.0.1:${cloudflare.port}/client/v4`;
        stack["datadog"].apiUrl = `http://127.0.0.1:${datadog.api.port}`;
      });
      const include = (name: string, tasksFrom = "main") => ({ include_role: { name, tasks_from: tasksFrom } });
      const tasks = [include("dns_record", "born"), include("datadog_pipeline"), include("dns_record", "swapped")];
      const file = join(scratch, "outside.yml");
      writeFileSync(file, JSON.stringify([{ hosts: "localhost", roles: [], tasks }]));

      const first = await play(site, file);
      expect({ ...first, recap: readRecap(first.output) }).toMatchObject({ code: 0, recap: [{ changed: 6 }] });
      const second = await play(site, file);
      expect({ ...second, recap: readRecap(second.output) }).toMatchObject({ code: 0, recap: [{ changed: 0 }] });
      expect(`${first.output}${second.output}`).not.toMatch(/canary|fedcba98/);

      expect(await outsideFindings(site)).toEqual([]);
      await clearOutside(site);
      expect(await outsideFindings(site)).toEqual(["0 records of the name, not 1", "0 objects in Datadog, not 8"]);
    } finally {
      await Promise.all([cloudflare.close(), datadog.api.close(), datadog.intake.close()]);
    }
  });
});
