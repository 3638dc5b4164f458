import dgram from "node:dgram";
import dns from "node:dns";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import { join } from "node:path";
import { type Configuration, file, goodStack, privateKey, scratch } from "../settings/stack";
import type { Registered } from "../recorder";
import { type Run, runProgram } from "./program";

const record = "kube-control-record-kube-control.kacangisnuts.com";
const swap = "kube-control-swap-kube-control.kacangisnuts.com";

/** Spies on the functions that open a connection or query a name server; returns a function that lists their calls. */
function watchDialling() {
  const dials = [
    jest.spyOn(net.Socket.prototype, "connect"),
    jest.spyOn(dgram.Socket.prototype, "send"),
    jest.spyOn(dns, "lookup"),
    jest.spyOn(dns.promises, "lookup"),
  ];
  return () => dials.flatMap((dial) => dial.mock.calls as unknown[]);
}

afterEach(() => jest.restoreAllMocks());

const text = (path: string) => readFileSync(join(__dirname, path), "utf8");

const names = (run: Run) => run.resources.map(({ name }) => name);
const isComponent = ({ type }: Registered) => type.startsWith("kube-control:");

/** The names of each component's children, in the order of registration. */
function tree({ resources }: Run): Record<string, string[]> {
  const parents = resources.filter(isComponent);
  return Object.fromEntries(
    parents.map(({ name }) => [name, resources.filter(({ parent }) => parent === name).map((child) => child.name)]),
  );
}

describe("the program", () => {
  let run: Run;
  let dialled: () => unknown[];

  beforeAll(async () => {
    dialled = watchDialling();
    run = await runProgram(goodStack());
    expect(dialled()).toEqual([]);
  });

  it("registers its resources without an error or a warning", () => {
    expect([run.errors, run.warnings]).toEqual([[], []]);
    expect(new Set(run.resources.map(({ type, name }) => `${type} ${name}`)).size).toBe(run.resources.length);
  });

  it("registers each component with the expected steps", () => {
    const sorted = Object.entries(tree(run)).map(([name, children]) => [name, children.sort()]);
    expect(Object.fromEntries(sorted)).toEqual({
      preflight: [
        "clocks",
        "haproxy-lb1",
        "haproxy-lb2",
        "k8s-master1",
        "k8s-master2",
        "k8s-master3",
        "monitor",
        "passed",
        ...["haproxy-lb1", "haproxy-lb2", "k8s-master1", "k8s-master2", "k8s-master3", "monitor"].map(
          (host) => `${host}-leftovers`,
        ),
      ]
        .map((what) => `preflight-${what}`)
        .sort(),
      "kube-control": expect.arrayContaining([record]),
      kubernetes: [
        "cni",
        "cni-state",
        ...["certificates", "init", "membership", "prepare", "state", "update"].map((step) => `k8s-master1-${step}`),
        ...["k8s-master2", "k8s-master3"].flatMap((host) =>
          ["certificates", "join", "membership", "prepare", "state", "update"].map((step) => `${host}-${step}`),
        ),
        "kubeconfig",
        "ready",
        "version",
      ].map((what) => `kubernetes-${what}`),
      "k8s-managers": [
        "former-address",
        ...["lb1", "lb2"].flatMap((lb) =>
          ["", "-keepalived", "-membership", "-removal", "-servers", "-state"].map((step) => `haproxy-${lb}${step}`),
        ),
        "serving",
      ].map((what) => `k8s-managers-${what}`),
      "kube-control-swap": [
        ...[1, 2, 3].flatMap((number) =>
          ["", "-state"].map((what) => `kube-control-swap-hosts-entry-k8s-master${number}${what}`),
        ),
        swap,
        ...[1, 2, 3].map((number) => `kube-control-swap-seen-by-k8s-master${number}`),
      ],
      "dd-agent": [
        "192.168.2.160",
        "authority",
        "conf",
        "container-192.168.2.160",
        "docker",
        "image-192.168.2.160",
        "listening",
        "removal-192.168.2.160",
        "state",
      ].map((what) => `dd-agent-${what}`),
      "qnap-nas": [
        "dashboard",
        ...["actions", "events", "failed-logins"].map((metric) => `metric-${metric}`),
        ...["failed-logins", "hardware", "imitated", "silent", "unread"].map((monitor) => `monitor-${monitor}`),
        "pipeline",
      ].map((what) => `qnap-nas-${what}`),
      watch: ["api-server", "authority", "certificate", "endpoint", "load-balancer", "name"].map(
        (key) => `watch-monitor-${key}`,
      ),
    });
  });

  it("names each child after its component; only three resources have no component", () => {
    const children = run.resources.filter((resource) => !isComponent(resource));
    expect(children.filter(({ parent }) => parent === "").map(({ name }) => name)).toEqual([
      "identity",
      "datadog",
      "progress",
    ]);
    for (const { name, parent } of children.filter((child) => child.parent !== "")) {
      expect(name).toMatch(new RegExp(`^${parent}-`));
    }
  });

  it("points the record at the first master, and the swap at the virtual IP", () => {
    const inputs = (name: string) => run.resources.find((resource) => resource.name === name)?.inputs;
    expect(inputs(record)).toMatchObject({ content: "192.168.2.151", type: "A", proxied: false, ttl: 60 });
    expect(JSON.stringify(inputs(swap))).toContain("192.168.2.140");
  });

  it("sends the pipeline to the site's API with the stack's keys", () => {
    expect(run.resources.find(({ name }) => name === "datadog")?.inputs).toMatchObject({
      apiUrl: "https://api.datadoghq.com",
      validate: "false",
    });
    const made = run.resources.filter(({ parent }) => parent === "qnap-nas");
    expect(made.map(({ provider }) => provider)).toEqual(made.map(() => "datadog"));
  });

  it("creates monitors with the NAS's settings, and without validation by Datadog", async () => {
    const stack = goodStack();
    Object.assign(stack["nas"], { failedLogins: 7, silentMinutes: 30, service: "qnap-2" });
    stack["datadog"].notify = ["@slack-ops"];
    const { resources, errors } = await runProgram(stack);
    expect(errors).toEqual([]);
    const inputs = (name: string) => resources.find((resource) => resource.name === `qnap-nas-${name}`)?.inputs;
    expect(inputs("monitor-failed-logins")?.["query"]).toMatch(/^logs\("service:qnap-2 .*>= 7$/);
    expect(inputs("monitor-silent")).toMatchObject({
      query:
        'logs("service:qnap-2 (kube_control:kube-control.kacangisnuts.com OR -kube_control:*)").index("*").rollup("count")' +
        '.last("30m") < 1',
      message: expect.stringMatching(/\n\n@slack-ops$/),
      validate: false,
    });
    expect(inputs("metric-actions")).toMatchObject({ name: "qnap_2.test.actions" });
    const conf = resources.find(({ name }) => name === "dd-agent-conf");
    expect(JSON.stringify(conf?.inputs)).toContain("kube_control:kube-control.kacangisnuts.com");
    expect(inputs("dashboard")?.["dashboard"]).toContain('"tags":["host:monitor"]');
  });

  it("places the NAS's pipeline in Datadog's order according to its setting", async () => {
    const stack = goodStack();
    stack["nas"].pipelineOrder = { before: "Syslog" };
    const listed = [
      ["n", "NGINX"],
      ["s", "Syslog"],
      ["qnap-nas-pipeline-id", "QNAP NAS"],
    ] as const;
    const { resources, errors } = await runProgram(stack, {
      answers: (token) =>
        token.endsWith(":getLogsPipelinesOrder")
          ? { pipelineIds: listed.map(([id]) => id) }
          : { logsPipelines: listed.map(([id, name]) => ({ id, name })) },
    });
    expect(errors).toEqual([]);
    expect(resources.find(({ name }) => name === "qnap-nas-order")).toMatchObject({
      inputs: { pipelines: ["n", "qnap-nas-pipeline-id", "s"] },
      parent: "qnap-nas",
      provider: "datadog",
    });
  });

  it("deploys the pipelines of files", async () => {
    const stack = goodStack();
    stack["datadog"].pipelines = ["docs/front-door.yaml"];
    const { resources, errors } = await runProgram(stack);
    expect(errors).toEqual([]);
    expect(resources.find(({ name }) => name === "front-door-pipeline")).toMatchObject({
      inputs: { name: "Front door (test)", filters: [{ query: "service:door" }] },
      parent: "front-door",
      provider: "datadog",
    });
  });

  it("adopts an existing Datadog object only if the state has no note of it", async () => {
    const about = "service:qnap-nas kube_control:kube-control.kacangisnuts.com";
    const held = { pipelines: [{ id: "left", name: "QNAP NAS (test)", about }] };
    const idOf = async (noted: readonly string[]) =>
      (await runProgram(goodStack(), { held, noted })).resources.find(({ name }) => name === "qnap-nas-pipeline")
        ?.importId;
    const types = "kube-control:index:DatadogLogPipeline$datadog:index/logsCustomPipeline:LogsCustomPipeline";
    expect(await idOf([])).toBe("left");
    expect(await idOf([`urn:pulumi:test::kube-control::${types}::qnap-nas-pipeline`])).toBe("");
  });

  it("gives the agent the checks of every host of the control plane, and alerts by their tags", async () => {
    const stack = goodStack();
    stack["datadog"].notify = ["@slack-ops"];
    const { resources, errors } = await runProgram(stack);
    expect(errors).toEqual([]);
    const inputs = (name: string) => resources.find((resource) => resource.name === name)?.inputs;
    const conf = String(inputs("dd-agent-conf")?.["stdin"]);
    for (const last of [151, 152, 153, 141, 142]) expect(conf).toContain(`url: https://192.168.2.${last}:6443/readyz`);
    expect(conf).toContain("url: https://kube-control.kacangisnuts.com:6443/readyz");
    expect(conf).toContain("resolves_as: 192.168.2.140");
    expect(inputs("watch-monitor-load-balancer")).toMatchObject({
      type: "service check",
      name: "Load balancer {{watched_host.name}} is down (test)",
      query:
        '"http.can_connect".over("kube_control:kube-control.kacangisnuts.com","watched_role:load-balancer")' +
        '.by("watched_host").last(3).count_by_status()',
      message: expect.stringMatching(/\n\n@slack-ops$/),
    });
    expect(inputs("qnap-nas-dashboard")?.["dashboard"]).toContain('"title":"Load balancers"');
    expect(resources.find(({ name }) => name === "watch-monitor-name")).toMatchObject({ provider: "datadog" });
  });

  it("adopts a monitor of the control plane that an earlier run has created", async () => {
    const about = '"http.can_connect".over("kube_control:kube-control.kacangisnuts.com","watched_role:endpoint")';
    const name = "Control plane kube-control.kacangisnuts.com is down (test)";
    const idFor = async (query: string) =>
      (await runProgram(goodStack(), { held: { monitors: [{ id: "7", name, about: query }] } })).resources.find(
        (one) => one.name === "watch-monitor-endpoint",
      )?.importId;
    expect(await idFor(about)).toBe("7");
    expect(await idFor(about.replace("kacangisnuts", "example"))).toBe("");
  });

  it("warns in a preview if clusterDNS is not the address of a service", async () => {
    const stack = goodStack();
    stack["kubernetes"].kubelet = { clusterDNS: ["169.254.20.10"] };
    const { warnings } = await runProgram(stack, { preview: true });
    expect(warnings).toEqual(expect.arrayContaining([expect.stringContaining("node-local DNS cache")]));
  });

  it("names the pipeline file that has a mistake", async () => {
    const stack = goodStack();
    stack["datadog"].pipelines = [
      file("door.yaml", text("../../docs/front-door.yaml").replace("anna opened", "anna opens")),
    ];
    const [error, ...others] = (await runProgram(stack)).errors;
    expect(error).toMatch(
      /^log pipeline "Front door \(test\)" \(.*door\.yaml\), sample 1, processor 1 \(Door parser\): no rule/,
    );
    expect(others).toEqual([]);
  });

  it("registers the NAS's pipeline after those of files, which its place may refer to", async () => {
    const stack = goodStack();
    stack["datadog"].pipelines = ["docs/front-door.yaml"];
    const run = await runProgram(stack, { withheld: (name) => name === "front-door-pipeline" });
    expect(names(run)).toContain("front-door-pipeline");
    expect(names(run)).not.toContain("qnap-nas-pipeline");
  });

  it("exports the kubeconfig as a secret, and the outputs that a user needs", async () => {
    expect(Object.keys(run.exports).sort()).toEqual([
      "agentStatus",
      "dashboardUrl",
      "endpoint",
      "facets",
      "kubeconfig",
      "monitors",
      "pipelineId",
      "virtualIp",
    ]);
    // the mock engine does not mark outputs as secret, so check the option that makes the real engine do it
    expect(run.resources.find(({ name }) => name === "kubernetes-kubeconfig")?.secretOutputs).toContain("kubeconfig");
    expect(run.exports["facets"]).toHaveLength(6);
    const value = (name: string) => new Promise((done) => run.exports[name].apply(done));
    expect(await value("endpoint")).toBe("kube-control.kacangisnuts.com");
    expect(await value("virtualIp")).toBe("192.168.2.140");
    expect(Object.keys(run.exports["monitors"])).toEqual([
      ...["failed-logins", "hardware", "unread", "imitated", "silent"],
      ...["api-server", "load-balancer", "endpoint", "certificate", "authority", "name"],
    ]);
  });
});

describe("order", () => {
  /** The names of the registered resources, if the withheld ones are never completed. */
  async function while_(withheld: RegExp): Promise<string[]> {
    const run = await runProgram(goodStack(), { withheld: (name) => withheld.test(name) });
    expect(run.errors).toEqual([]);
    expect(names(run).some((name) => withheld.test(name))).toBe(true);
    return names(run);
  }

  const init = "kubernetes-k8s-master1-init";
  const join2 = "kubernetes-k8s-master2-join";
  const join3 = "kubernetes-k8s-master3-join";
  const ready = "kubernetes-ready";
  const serving = "k8s-managers-serving";
  const lb1 = "k8s-managers-haproxy-lb1";
  const lb2 = "k8s-managers-haproxy-lb2";
  const listening = "dd-agent-listening";
  const pipeline = "qnap-nas-pipeline";
  const authority = "dd-agent-authority";
  const alarm = "watch-monitor-load-balancer";

  const cases: { until: string; withheld: RegExp; never: string[]; still: string[] }[] = [
    {
      until: "every host has passed the preflight, no host is changed and no record is created",
      withheld: /^preflight-k8s-master2$/,
      never: [record, "kubernetes-k8s-master1-prepare", lb2, "dd-agent-docker"],
      still: ["preflight-monitor", pipeline],
    },
    {
      until: "the record exists, kubeadm init does not begin",
      withheld: new RegExp(`^${record}$`),
      never: [init, join2, swap],
      still: [lb1, listening],
    },
    {
      until: "the first master is initialised, no master joins, and the checks have no authority",
      withheld: /-init$/,
      never: [join2, join3, ready, swap, authority],
      still: [lb1, listening],
    },
    {
      until: "the second master has joined, the third one does not join",
      withheld: /master2-join$/,
      never: [join3, ready, swap],
      still: [],
    },
    {
      until: "the masters have joined, the record is not swapped",
      withheld: /master3-join$/,
      never: [ready, serving, swap],
      still: [],
    },
    {
      until: "the nodes are ready, the record is not swapped",
      withheld: /^kubernetes-ready$/,
      never: [serving, swap],
      still: [],
    },
    {
      until: "every node resolves the new virtual IP, no former one is removed",
      withheld: /^kube-control-swap-seen-by-k8s-master2$/,
      never: ["k8s-managers-former-address"],
      still: [swap, serving],
    },
    {
      until: "the backup is set up, the holder of the virtual IP is not changed",
      withheld: /^k8s-managers-haproxy-lb2$/,
      never: [lb1, serving, swap],
      still: [],
    },
    {
      until: "the removal step of every load balancer exists, no load balancer is changed",
      withheld: /^k8s-managers-haproxy-lb1-removal$/,
      never: [lb1, lb2, serving, swap],
      still: [init],
    },
    {
      until: "every load balancer is set up, no Keepalived is started",
      withheld: /^k8s-managers-haproxy-lb1$/,
      never: [`${lb1}-keepalived`, `${lb2}-keepalived`, serving, swap],
      still: [lb2],
    },
    {
      until: "the load balancers run, the record is not swapped, but the control plane is built",
      withheld: /^k8s-managers-haproxy-lb1-keepalived$/,
      never: [serving, swap],
      still: [init, join3, ready],
    },
    {
      until: "the API servers answer through the virtual IP, the record is not swapped",
      withheld: /-serving$/,
      never: [swap],
      still: [ready],
    },
    {
      until: "every node has seen the swap, no node resolves the name without DNS",
      withheld: /^kube-control-swap-seen-by-k8s-master2$/,
      never: [1, 2, 3].map((number) => `kube-control-swap-hosts-entry-k8s-master${number}`),
      still: [swap, "kube-control-swap-seen-by-k8s-master3"],
    },
    {
      until: "the masters are prepared, init waits; agent, pipeline and load balancer do not",
      withheld: /^kubernetes-.*-prepare$/,
      never: [init, authority, alarm],
      still: [listening, pipeline, lb1],
    },
    {
      until: "the record is swapped, the monitors of the checks wait; the authority of the checks does not",
      withheld: new RegExp(`^${swap}$`),
      never: [alarm],
      still: [listening, pipeline, authority],
    },
    {
      until: "Docker runs, the agent waits; pipeline, cluster and swap do not",
      withheld: /^dd-agent-docker$/,
      never: [listening],
      still: [pipeline, ready, serving, swap],
    },
  ];

  it.each(cases)("until $until", async ({ withheld, never, still }) => {
    const registered = await while_(withheld);
    expect(registered).toEqual(expect.arrayContaining(still));
    expect(registered.filter((name) => never.includes(name))).toEqual([]);
  });
});

describe("an operator", () => {
  /** The inputs of all resources if the operator NAME runs the program. */
  async function inputsOf(name: string): Promise<Record<string, unknown>> {
    const stack = goodStack();
    const folder = join(scratch, name);
    mkdirSync(join(folder, ".ssh"), { recursive: true });
    writeFileSync(join(folder, ".ssh", "key of ops"), privateKey, { mode: 0o600 });
    copyFileSync(stack["ssh"].knownHostsFile as string, join(folder, "known_hosts"));
    Object.assign(stack["ssh"], { privateKeyFile: "~/.ssh/key of ops", knownHostsFile: join(folder, "known_hosts") });
    jest.spyOn(os, "homedir").mockReturnValue(folder);
    const { resources, errors } = await runProgram(stack);
    expect(errors).toEqual([]);
    return Object.fromEntries(resources.map((one) => [one.name, one.inputs as unknown]));
  }

  it("with key and known_hosts in another home folder causes no change", async () => {
    const anna = await inputsOf("anna");
    expect(JSON.stringify(anna)).not.toContain(scratch);
    expect(await inputsOf("bert")).toEqual(anna);
  });
});

describe("secrets", () => {
  const plainInputs = ({ resources }: Run) => JSON.stringify(resources.map(({ name, inputs }) => [name, inputs]));
  const keyLine = privateKey.split("\n")[1] as string;

  it("are in no input in plain text", async () => {
    const stack = goodStack();
    Object.assign(stack["virtualIp"], { vrrpVersion: 2 });
    const run = await runProgram({ ...stack, vrrpPassword: "canaryV2" });
    expect(run.errors).toEqual([]);
    expect(names(run)).toContain(swap);
    expect(plainInputs(run)).not.toMatch(/canary/);
    expect(plainInputs(run)).not.toContain(keyLine);
  });

  it("are in no input in plain text with an in-house name server", async () => {
    const stack: Configuration = goodStack();
    delete stack["cloudflareApiToken"];
    stack["endpoint"] = {
      fqdn: "kube-control.kacangisnuts.com",
      nameServers: ["192.168.2.53"],
      rfc2136: { server: "192.168.2.53", zone: "kacangisnuts.com", keyName: "kube-control" },
    };
    const canary = Buffer.from("canary TSIG").toString("base64");
    const run = await runProgram({ ...stack, tsigSecret: canary });
    expect(run.errors).toEqual([]);
    expect(names(run).filter((name) => name.startsWith("kube-control-swap-seen-by-"))).toHaveLength(3);
    expect(plainInputs(run)).not.toMatch(/canary/);
    expect(plainInputs(run)).not.toContain(canary);
  });
});

describe("a host that does not answer", () => {
  const silent = async (host: string) => {
    const run = await runProgram(goodStack(), { unreachable: [host] });
    expect(run.errors).toEqual([]);
    return run;
  };
  const known = {
    facts: (host: string) => ({
      ...(host.startsWith("k8s")
        ? { "mark-member": "init of kube-control.kacangisnuts.com", nodes: "k8s-master1 k8s-master2 k8s-master3" }
        : {}),
    }),
  };

  it.each(["k8s-master2", "haproxy-lb2", "monitor"])("skips only its own steps: %s", async (host) => {
    const { resources } = await silent(host);
    const steps = resources.filter(({ type }) => /^command:(remote|local):Command$/.test(type));
    const left = steps.filter(({ ignoreChanges }) => ignoreChanges.includes("*"));
    expect(left.length).toBeGreaterThan(0);
    for (const { name, inputs } of left) expect([name, inputs["create"]]).toEqual([name, undefined]);
    expect(left.every(({ name }) => name.includes(host) || (host === "monitor" && name.startsWith("dd-agent")))).toBe(
      true,
    );
    // everything else is registered, including the verification and the swap
    expect(resources.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["k8s-managers-serving", swap, "progress"]),
    );
    expect(resources.find(({ name }) => name === "progress")?.inputs).toMatchObject({ unreachable: [host] });
  });

  it("may be the first master if another master is a member", async () => {
    const run = await runProgram(goodStack(), { ...known, unreachable: ["k8s-master1"] });
    expect(run.errors).toEqual([]);
    expect(names(run)).toContain(swap);
  });

  it("may not be the first master of a cluster that does not exist yet", async () => {
    const run = await runProgram(goodStack(), { unreachable: ["k8s-master1"] });
    expect(run.errors).toEqual([expect.stringMatching(/^k8s-master1: does not answer, and there is no cluster yet/)]);
    expect(names(run)).toEqual(["identity"]);
  });
});

describe("leftovers of a destroy", () => {
  const balancer = (name: string, peers: string) => ({
    "haproxy-servers": "k8s-master1=192.168.2.151 k8s-master2=192.168.2.152",
    "router-id": name,
    peers,
  });
  const member = { kubernetes: "present", "mark-member": "init of kube-control.kacangisnuts.com", authority: "cafe" };
  /** The inputs of the resource `identity`. Its provider refuses leftovers if the state holds no stack. */
  const identity = async (facts: Record<string, Record<string, string>>) => {
    const run = await runProgram(goodStack(), { facts: (host) => facts[host] ?? {} });
    return run.resources.find(({ name }) => name === "identity")?.inputs ?? {};
  };

  it("are listed by host with a command each, and do not count as a stack", async () => {
    const { leftovers, observed } = await identity({
      "k8s-master1": { ...member, nodes: "" },
      "haproxy-lb1": balancer("haproxy-lb1", "192.168.2.142"),
      monitor: { agent: "container" },
    });
    expect(leftovers).toEqual([
      expect.stringMatching(/^k8s-master1: is a master of a cluster .* kubeadm reset -f/),
      expect.stringMatching(/^monitor: runs a container dd-agent/),
      expect.stringMatching(/^No host was changed/),
    ]);
    expect(observed).toBeUndefined();
  });

  it("include a master whose API server answers, if no load balancer leads to it", async () => {
    const { leftovers, observed } = await identity({ "k8s-master2": { ...member, nodes: "k8s-master2" } });
    expect(leftovers).toEqual([expect.stringMatching(/^k8s-master2: is a master/), expect.any(String)]);
    expect(observed).toBeUndefined();
  });

  it("exclude a cluster that serves, or that is down while every load balancer is set up", async () => {
    const balancers = {
      "haproxy-lb1": balancer("haproxy-lb1", "192.168.2.142"),
      "haproxy-lb2": balancer("haproxy-lb2", "192.168.2.141"),
    };
    const down = await identity({ "k8s-master1": { ...member, nodes: "" }, ...balancers });
    expect([down.leftovers, down.observed]).toEqual([[], expect.anything()]);
    const { "haproxy-lb1": one } = balancers;
    const serves = await identity({ "k8s-master1": { ...member, nodes: "k8s-master1" }, "haproxy-lb1": one });
    expect([serves.leftovers, serves.observed]).toEqual([[], expect.anything()]);
  });
});

describe("findings", () => {
  it("of all hosts are reported together, and only the identity is created", async () => {
    const facts = (host: string): Record<string, string> =>
      host === "monitor" ? { docker: "silent" } : host === "haproxy-lb1" ? { hostname: "x" } : {};
    const run = await runProgram(goodStack(), { facts });
    expect(run.errors).toEqual([
      expect.stringMatching(
        /^haproxy-lb1: has the host name x[^]*\nmonitor: Docker does not[^]*except the identity was created/,
      ),
    ]);
    expect(names(run)).toEqual(["identity"]);
  });

  it("include a version too old for a new cluster; an existing stack gets a warning", async () => {
    const stack = goodStack();
    stack["kubernetes"].version = "v1.34.4";
    const anew = await runProgram(stack);
    expect(anew.errors).toEqual([
      expect.stringMatching(/^kube-control:kubernetes\.version: a new cluster is not built/),
    ]);
    expect(names(anew)).toEqual(["identity"]);
    const mark = (host: string) => `cluster kube-control.kacangisnuts.com:6443 node ${host} role master ca cafe`;
    const facts = (host: string): Record<string, string> =>
      host.includes("master") ? { "mark-member": mark(host), nodes: "node/x" } : { "haproxy-servers": "x=192.0.2.1" };
    const running = await runProgram(stack, { facts });
    expect(running.errors).toEqual([]);
    expect(running.warnings).toEqual([expect.stringMatching(/the support of v1\.34 ended on 2026-10-27/)]);
  });
});

describe("a preview", () => {
  it("registers all resources and opens no connection", async () => {
    const dialled = watchDialling();
    const run = await runProgram(goodStack(), { preview: true });
    expect(run.errors).toEqual([]);
    expect(names(run)).toEqual(expect.arrayContaining([record, "kubernetes-ready", swap, "dd-agent-listening"]));
    expect(dialled()).toEqual([]);
  });

  it("warns if any host may send lines as the NAS, and continues", async () => {
    const stack = goodStack();
    delete stack["nas"].address;
    const run = await runProgram(stack, { preview: true });
    expect(run.errors).toEqual([]);
    expect(run.warnings).toEqual([
      expect.stringMatching(/^kube-control:nas\.address is not set: monitor .* port 15141/),
    ]);
  });

  it("warns once about times that let clients notice a failure, and continues", async () => {
    const stack = goodStack();
    stack["haproxy"] = { checkInterval: "3s" };
    const run = await runProgram(stack, { preview: true });
    expect(run.errors).toEqual([]);
    expect(run.warnings).toEqual([expect.stringMatching(/^kube-control:haproxy\.checkInterval: .* 3\.1 s /)]);
    expect(names(run)).toContain(swap);
  });

  it("of a stack with mistakes lists them, and registers nothing", async () => {
    const dialled = watchDialling();
    const stack = goodStack();
    stack["masters"].pop();
    stack["virtualIp"].address = "10.0.0.1";
    const run = await runProgram(stack, { preview: true });
    expect(run.errors).toEqual([
      expect.stringMatching(/^The configuration of stack test has 2 mistakes\. No host was contacted\./),
    ]);
    expect(run.resources).toEqual([]);
    expect(dialled()).toEqual([]);
  });
});

describe("a backup", () => {
  const recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"];
  const withBackup = (change: object = {}) => runProgram({ ...goodStack(), backup: { recipients, ...change } });
  const confOf = ({ resources }: Run) => String(resources.find(({ name }) => name === "dd-agent-conf")?.inputs.stdin);

  it("is absent without a recipient, also from the agent and from Datadog", async () => {
    const run = await runProgram({ ...goodStack(), backup: { keep: 5 } });
    expect(names(run).filter((name) => name.includes("backup"))).toEqual([]);
    expect(confOf(run)).not.toContain("directory.d");
  });

  it("is set up after the control plane was updated, and watched by the agent of the monitor", async () => {
    const run = await withBackup();
    expect([run.errors, run.warnings]).toEqual([[], []]);
    const of = (name: string) => run.resources.find((resource) => resource.name === name);
    for (const name of ["backup-k8s-master1-key", "backup-copies-monitor", "backup-k8s-master3"]) {
      expect([name, of(name)?.dependencies]).toEqual([name, expect.arrayContaining(["kubernetes-k8s-master3-update"])]);
    }
    expect(of("progress")?.dependencies).toContain("backup-k8s-master2");
    expect(confOf(run)).toContain("directory: /host/var/lib/kube-control/backups/latest");
    const container = run.resources.find(({ type }) => type === "docker:index/container:Container");
    expect(container?.inputs.volumes).toContainEqual({
      hostPath: "/var/lib/kube-control/backups/latest",
      containerPath: "/host/var/lib/kube-control/backups/latest",
      readOnly: true,
    });
    expect(of("watch-monitor-backup")?.inputs.type).toBe("query alert");
  });

  it("with copies on another host has no check by the agent", async () => {
    const run = await withBackup({ copyTo: "haproxy-lb1" });
    expect(names(run)).toContain("backup-copies-haproxy-lb1");
    expect(names(run)).not.toContain("watch-monitor-backup");
    expect(confOf(run)).not.toContain("directory.d");
  });

  it("with a bucket is uploaded by the host of the copies, and watched by the agent", async () => {
    const s3 = { endpoint: "https://s3.example.com", bucket: "cluster-backups", accessKeyId: "AKIAIOSFODNN7EXAMPLE" };
    const stack = { ...goodStack(), backup: { recipients, s3 }, s3SecretAccessKey: "canary-s3-key" };
    const { errors, resources } = await runProgram(stack);
    expect(errors).toEqual([]);
    expect(JSON.stringify(resources.map(({ inputs }) => inputs))).not.toContain("canary");
    const of = (name: string) => resources.find((resource) => resource.name === name);
    expect(of("progress")?.dependencies).toContain("backup-uploads-monitor");
    expect(of("watch-monitor-upload")?.inputs.query).toContain("watched_role:upload");
    expect(of("dd-agent-conf")?.inputs.stdin).toContain("directory: /host/var/lib/kube-control/backups/uploaded");
  });
});
