import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import {
  type AgentChecks,
  DatadogAgent,
  type DatadogAgentArgs,
  type LogListener,
} from "../../../components/datadog-agent";
import type { TlsCheck } from "../../../components/datadog-agent/tls";
import { sessionOf } from "../../../host/session";
import { hidden, isSecret, revealed, type Registered, withoutSecrets } from "../../recorder";
import { hostAt, refusal, registered, returns, silent } from "../registered";

const monitor = hostAt("monitor", "192.168.2.160");
const qnap: LogListener = {
  name: "qnap",
  type: "udp",
  port: 15141,
  service: "qnap-nas",
  source: "qnap",
  tags: ["env:prod", "vendor:qnap"],
};
const apiKey = "0123456789abcdef0123456789abcdef";

for (const address of ["192.168.2.160", "192.168.2.170"]) {
  returns(`dd-agent-image-${address}`, { imageId: "sha256:abc" });
}
const agent = (change: Partial<DatadogAgentArgs> = {}, opts?: pulumi.ComponentResourceOptions) =>
  new DatadogAgent("dd-agent", { host: monitor, apiKey, logs: [qnap], ...change }, opts);
const deployed = (change: Partial<DatadogAgentArgs> = {}, opts?: pulumi.ComponentResourceOptions) =>
  registered(() => agent(change, opts));

function only(resources: Map<string, Registered>, name: string): Registered {
  const resource = resources.get(name);
  if (resource === undefined) {
    throw new Error(`no resource ${name} among ${[...resources.keys()].join(", ")}`);
  }
  return resource;
}

test("the container has the environment, mounts, port and restart policy of the guide", async () => {
  const container = only(await deployed(), "dd-agent-container-192.168.2.160");
  expect(container.type).toBe("docker:index/container:Container");
  expect(hidden(container.inputs.envs)).toEqual([
    `DD_API_KEY=${apiKey}`,
    "DD_LOGS_ENABLED=true",
    "DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL=true",
    "DD_LOGS_CONFIG_USE_HTTP=true",
    "DD_LOGS_CONFIG_COMPRESSION_LEVEL=1",
    "DD_CONTAINER_EXCLUDE=name:dd-agent",
    "DD_HOSTNAME=monitor",
  ]);
  expect(container.inputs).toMatchObject({
    name: "dd-agent",
    image: "sha256:abc",
    restart: "always",
    ports: [{ internal: 15141, external: 15141, protocol: "udp" }],
    volumes: [
      { hostPath: "/var/run/docker.sock", containerPath: "/var/run/docker.sock", readOnly: true },
      { hostPath: "/proc/", containerPath: "/host/proc/", readOnly: true },
      { hostPath: "/sys/fs/cgroup/", containerPath: "/host/sys/fs/cgroup", readOnly: true },
      { hostPath: "/opt/datadog-monitor/datadog-agent/conf.d", containerPath: "/conf.d", readOnly: true },
    ],
  });
  expect(container.deleteBeforeReplace).toBe(true);
});

test("another site, API or intake adds exactly its environment variable", async () => {
  const change = { site: "datadoghq.eu", apiUrl: "http://192.168.2.10:8082", logsUrl: "http://192.168.2.10:8083" };
  const envs = hidden(only(await deployed(change), "dd-agent-container-192.168.2.160").inputs.envs);
  expect(envs.slice(7)).toEqual([
    "DD_SITE=datadoghq.eu",
    "DD_DD_URL=http://192.168.2.10:8082",
    "DD_LOGS_CONFIG_LOGS_DD_URL=http://192.168.2.10:8083",
  ]);
});

test("tags, a proxy and a memory limit are set on the container", async () => {
  const change = {
    tags: ["env:prod", "team:storage"],
    proxy: { http: "http://proxy:3128", https: "http://proxy:3129", noProxy: ["192.168.2.10", "intake.local:8083"] },
    agentMemory: 512,
  };
  const container = only(await deployed(change), "dd-agent-container-192.168.2.160");
  expect(hidden(container.inputs.envs).slice(7)).toEqual([
    "DD_TAGS=env:prod team:storage",
    "DD_PROXY_HTTP=http://proxy:3128",
    "DD_PROXY_HTTPS=http://proxy:3129",
    "DD_PROXY_NO_PROXY=192.168.2.10 intake.local:8083",
  ]);
  expect(container.inputs.memory).toBe(512);
});

test("each listener has a file and a port, and the last step waits for it", async () => {
  const switches: LogListener = { name: "switches", type: "tcp", port: 15142, service: "switch", source: "syslog" };
  const also: LogListener = { ...qnap, name: "qnap-tcp", type: "tcp" };
  const resources = await deployed({ logs: [qnap, also, switches] });
  expect(only(resources, "dd-agent-container-192.168.2.160").inputs.ports).toEqual([
    { internal: 15141, external: 15141, protocol: "udp" },
    { internal: 15141, external: 15141, protocol: "tcp" },
    { internal: 15142, external: 15142, protocol: "tcp" },
  ]);
  const conf = String(only(resources, "dd-agent-conf").inputs.stdin);
  for (const name of ["qnap", "qnap-tcp", "switches"]) expect(conf).toContain(`conf.d/${name}.d/conf.yaml`);
  const listening = String(hidden(only(resources, "dd-agent-listening").inputs.stdin));
  for (const line of ["qnap udp 15141", "qnap-tcp tcp 15141", "switches tcp 15142"]) expect(listening).toContain(line);
});

const checks: AgentChecks = {
  http: [{ name: "k8s-master1", url: pulumi.output("https://192.0.2.11:6443/readyz") }],
  tls: [{ name: "k8s-master1", server: pulumi.output("192.0.2.11"), port: 6443, days: 30 }],
  dns: [{ name: "name", hostname: "kube-control.example.com", resolvesAs: pulumi.output("192.0.2.10") }],
};

test("each check has its file beside the listeners', and its folder is kept", async () => {
  const resources = await deployed({ checks });
  const conf = String(only(resources, "dd-agent-conf").inputs.stdin);
  for (const name of ["qnap", "http_check", "tls", "dns_check"]) expect(conf).toContain(`conf.d/${name}.d/conf.yaml`);
  expect(conf).toContain("NAMES='qnap http_check tls dns_check'");
  expect(conf).toContain("url: https://192.0.2.11:6443/readyz");
  expect(conf).toContain("resolves_as: 192.0.2.10");
});

test("another check restarts the agent, but does not replace the container", async () => {
  const [before, after] = [await deployed(), await deployed({ checks })];
  for (const [name, changes] of [
    ["dd-agent-conf", true],
    ["dd-agent-listening", true],
    ["dd-agent-container-192.168.2.160", false],
  ] as const) {
    const same = JSON.stringify(only(before, name).inputs) === JSON.stringify(only(after, name).inputs);
    expect([name, !same]).toEqual([name, changes]);
  }
});

test("an image with a digest is pulled and removed by that name", async () => {
  const agentImage = `datadog/agent@sha256:${"0123456789abcdef".repeat(4)}`;
  const resources = await deployed({ agentImage });
  expect(only(resources, "dd-agent-image-192.168.2.160").inputs.name).toBe(agentImage);
  const { stdin } = only(resources, "dd-agent-removal-192.168.2.160").inputs;
  expect(revealed(stdin)).toContain(`IMAGE='${agentImage}'\n`);
});

test("the API key is only in secrets, even if it is given in plain text", async () => {
  const resources = await deployed();
  const container = only(resources, "dd-agent-container-192.168.2.160");
  expect(isSecret(container.inputs.envs)).toBe(true);
  expect(container.secretOutputs).toContain("envs");
  for (const { inputs } of resources.values()) {
    const open = JSON.stringify(Object.values(inputs).map(withoutSecrets));
    expect(open).not.toContain(apiKey);
    expect(open).not.toContain("PRIVATE KEY");
  }
  const listening = only(resources, "dd-agent-listening");
  expect(isSecret(listening.inputs.stdin)).toBe(true);
  expect(listening.inputs.create).not.toContain(apiKey);
});

test("the order is Docker, configuration and image, container, wait for the listeners", async () => {
  const resources = await deployed();
  const after = (name: string) => only(resources, name).dependencies;
  expect(after("dd-agent-conf")).toContain("dd-agent-docker");
  expect(after("dd-agent-192.168.2.160")).toContain("dd-agent-docker");
  expect(after("dd-agent-image-192.168.2.160")).toContain("dd-agent-docker");
  expect(after("dd-agent-container-192.168.2.160")).toEqual(
    expect.arrayContaining(["dd-agent-conf", "dd-agent-image-192.168.2.160"]),
  );
  expect(after("dd-agent-listening")).toEqual(
    expect.arrayContaining(["dd-agent-container-192.168.2.160", "dd-agent-conf"]),
  );
});

/** The options that the provider passes to ssh, each without its `-o`. */
function sshOptionsOf({ inputs }: Registered): string[] {
  const words = JSON.parse(inputs.sshOpts) as string[];
  expect(words.slice(0, 2)).toEqual(["-F", "none"]);
  return words.slice(2).filter((word) => word !== "-o");
}

test("without a key the docker provider logs in with the agent, through the jump host", async () => {
  const { privateKey: _, privateKeyFile: __, ...access } = monitor.ssh;
  const proxyJump = { host: "bastion.example.com", port: 2222, user: "jump", hostKey: "ssh-ed25519 BBBB" };
  const provider = only(
    await deployed({ host: { ...monitor, ssh: { ...access, proxyJump } } }),
    "dd-agent-192.168.2.160",
  );
  const options = sshOptionsOf(provider);
  expect(options).toContain("IdentityFile=none");
  expect(options.join("\n")).not.toMatch(/IdentityAgent|IdentitiesOnly/);
  const [command = ""] = options.filter((option) => option.startsWith("ProxyCommand="));
  expect(command).toMatch(/ '-p' '2222' '-l' 'jump' -W '\[%h\]:%p' bastion\.example\.com$/);
  // only the quoted text is checked here; lab/test/hosts/openssh.test.ts runs such options with OpenSSH
  expect(command).toContain("[bastion.example.com]:2222 ssh-ed25519 BBBB");
});

test("the docker provider connects by ssh with the pinned host key, and not at its start", async () => {
  const resources = await deployed();
  const provider = only(resources, "dd-agent-192.168.2.160");
  expect(provider.inputs.host).toBe("ssh://ops@192.168.2.160:22");
  expect(String(provider.inputs.disableDockerDaemonCheck)).toBe("true");
  expect(sshOptionsOf(provider)).toEqual(
    expect.arrayContaining([
      "StrictHostKeyChecking=yes",
      "GlobalKnownHostsFile=/dev/null",
      "UserKnownHostsFile=/dev/null",
      `KnownHostsCommand=/bin/sh -c "echo '192.168.2.160 ssh-ed25519 AAAA'"`,
      "IdentitiesOnly=yes",
      "IdentityAgent=none",
      "CertificateFile=none",
      "IdentityFile=/keys/id_ed25519",
    ]),
  );
  for (const name of ["dd-agent-image-192.168.2.160", "dd-agent-container-192.168.2.160"]) {
    expect(only(resources, name).provider).toBe("dd-agent-192.168.2.160");
  }
});

test("the status is the output of the wait for the listeners, without its frame", async () => {
  let status = "";
  await registered(() => agent().status.apply((text) => (status = text)));
  expect(status).toBe("dd-agent-listening said");
});

test("a changed configuration changes its own step and the wait, and not the container", async () => {
  const before = await deployed();
  const after = await deployed({ logs: [{ ...qnap, tags: ["env:dev"] }] });
  for (const [name, changes] of [
    ["dd-agent-conf", true],
    ["dd-agent-listening", true],
    ["dd-agent-container-192.168.2.160", false],
    ["dd-agent-docker", false],
  ] as const) {
    const same = JSON.stringify(only(before, name).inputs) === JSON.stringify(only(after, name).inputs);
    expect([name, !same]).toEqual([name, changes]);
  }
});

test.each<[string, LogListener[], string]>([
  ["no listener", [], "has no listener"],
  ["a name that is not a folder name", [{ ...qnap, name: "../qnap" }], '"../qnap" is not a valid name of a listener'],
  ["a port out of range", [{ ...qnap, port: 70000 }], "the port of qnap is 70000"],
  ["the same name twice", [qnap, { ...qnap, port: 1 }], "the name qnap twice"],
  ["the same port twice", [qnap, { ...qnap, name: "other" }], "the port 15141/udp twice"],
])("refuses %s", async (_what, logs, message) => {
  expect(await refusal(() => void agent({ logs }))).toContain(message);
});

const [tls] = checks.tls as [TlsCheck];
test.each<[string, AgentChecks, string]>([
  [
    "a name twice",
    { http: [...checks.http!, ...checks.http!] },
    "dd-agent.checks.http: uses the name k8s-master1 twice",
  ],
  ["a port out of range", { tls: [{ ...tls, port: 0 }] }, "the port of k8s-master1 is 0"],
  ["no days", { tls: [{ ...tls, days: 0 }] }, "the days of k8s-master1 are 0"],
  ["no days of a file", { certificateFiles: [{ name: "ca", path: "/ca.crt", days: NaN }] }, "the days of ca are NaN"],
])("refuses checks with %s", async (_what, given, message) => {
  expect(await refusal(() => void agent({ checks: given }))).toContain(message);
});

test("a listener with the name of a check is refused only if the check is used", async () => {
  const logs = [{ ...qnap, name: "tls" }];
  expect(await refusal(() => void agent({ logs }))).toBe("it is not refused");
  expect(await refusal(() => void agent({ logs, checks }))).toContain(
    "uses the name tls, which is the name of a check",
  );
});

// The agent if its host does not answer, if it moves to another host, and if it is deleted.

const silentMonitor = () => silent(monitor);

const names = (resources: Map<string, Registered>) =>
  [...resources.values()]
    .filter(({ parent }) => parent === "dd-agent")
    .map(({ name }) => name.replace("dd-agent-", ""));

describe("deletion", () => {
  test("a local step removes the agent, and is created before the host is changed", async () => {
    const resources = await deployed({ agentImage: "registry/agent:7" });
    const removal = only(resources, "dd-agent-removal-192.168.2.160");
    expect(removal.type).toBe("command:local:Command");
    expect(removal.inputs.delete).toMatch(/^bash -s -- delete # monitor: remove the agent$/);
    expect(removal.inputs.triggers).toBeUndefined();
    for (const line of [
      "MONITOR='monitor'",
      "KC_HOSTS='monitor ops@192.168.2.160:22'",
      "CONTAINER='dd-agent'",
      "IMAGE='registry/agent:7'",
      "CONF_D='/opt/datadog-monitor/datadog-agent/conf.d'",
    ]) {
      expect(revealed(removal.inputs.stdin).split("\n")).toContain(line);
    }
    expect(only(resources, "dd-agent-conf").dependencies).toContain(removal.name);
  });

  test("every other resource has no delete, or is deleted with the removal step", async () => {
    const resources = await deployed();
    for (const name of ["dd-agent-container-192.168.2.160", "dd-agent-image-192.168.2.160", "dd-agent-conf"]) {
      expect([name, only(resources, name).deletedWith]).toEqual([name, "dd-agent-removal-192.168.2.160"]);
    }
    const deleting = [...resources.values()].filter(({ inputs }) => inputs.delete !== undefined);
    expect(deleting.map(({ name }) => name)).toEqual(["dd-agent-removal-192.168.2.160"]);
  });
});

describe("a stack of an earlier version", () => {
  test("keeps its container and its image under their new names", async () => {
    const resources = await deployed();
    for (const former of ["dd-agent-container", "dd-agent-image"]) {
      expect(only(resources, `${former}-192.168.2.160`).aliases).toEqual([expect.objectContaining({ name: former })]);
    }
  });

  test("keeps the names and triggers of its other steps, so that none is replaced", async () => {
    const resources = await deployed();
    for (const name of ["dd-agent-docker", "dd-agent-conf"]) {
      expect(only(resources, name).inputs.triggers).toEqual(["192.168.2.160"]);
    }
    // if the monitor changes, the old step is deleted last, with the removal, so it does not connect to a host that is down
    expect(only(resources, "dd-agent-conf").deleteBeforeReplace).toBe(false);
    expect(only(resources, "dd-agent-listening").inputs.triggers).toEqual(["dd-agent-container-192.168.2.160-id"]);
  });
});

test("a monitor at another address has another container, image and removal step", async () => {
  const resources = await deployed({ host: hostAt("monitor2", "192.168.2.170") });
  expect(names(resources).sort()).toEqual(
    ["192.168.2.170", "conf", "container-192.168.2.170", "docker", "image-192.168.2.170", "listening"]
      .concat("removal-192.168.2.170", "state")
      .sort(),
  );
  expect(only(resources, "dd-agent-container-192.168.2.170").deletedWith).toBe("dd-agent-removal-192.168.2.170");
});

describe("a monitor that does not answer", () => {
  test("keeps container and image as in the state, and no step connects to it", async () => {
    const host = silentMonitor();
    const resources = await deployed({ host });
    for (const step of ["docker", "conf", "image-192.168.2.160", "container-192.168.2.160", "listening"]) {
      expect([step, only(resources, `dd-agent-${step}`).ignoreChanges]).toEqual([step, ["*"]]);
    }
    for (const { type, name, inputs } of resources.values()) {
      if (type === "command:remote:Command") expect([name, inputs.create]).toEqual([name, undefined]);
    }
    expect(only(resources, "dd-agent-container-192.168.2.160").deletedWith).toBe("dd-agent-removal-192.168.2.160");
  });

  test("has each of its steps recorded, with the same digests as when it answers", async () => {
    const noted = async (host: DatadogAgentArgs["host"], change = {}) => {
      await deployed({ host, ...change });
      const steps = sessionOf(host).steps.map(
        ({ name, digest }) => new Promise<[string, string]>((done) => digest.apply((text) => done([name, text]))),
      );
      return Object.fromEntries(await Promise.all(steps));
    };
    const whileSilent = await noted(silentMonitor());
    expect(Object.keys(whileSilent).sort()).toEqual(
      ["conf", "container-192.168.2.160", "docker", "image-192.168.2.160", "listening"].map(
        (step) => `dd-agent-${step}`,
      ),
    );
    expect(await noted({ ...monitor, ssh: { ...monitor.ssh } })).toEqual(whileSilent);
    const changed = await noted(silentMonitor(), { agentMemory: 512 });
    expect(Object.keys(whileSilent).filter((name) => whileSilent[name] !== changed[name])).toEqual([
      "dd-agent-container-192.168.2.160",
    ]);
  });

  test("without an agent has no steps that connect registered, but has them recorded", async () => {
    const host = silentMonitor();
    let status: string | undefined;
    const resources = await registered(() => {
      const absent = agent({ host, absent: true });
      absent.status.apply((text) => (status = text));
    });
    expect(names(resources).sort()).toEqual(["conf", "docker", "removal-192.168.2.160", "state"]);
    expect(
      sessionOf(host)
        .steps.map(({ name }) => name)
        .sort(),
    ).toEqual(
      ["conf", "container-192.168.2.160", "docker", "image-192.168.2.160", "listening"].map(
        (step) => `dd-agent-${step}`,
      ),
    );
    expect(status).toBe("");
    // the digest is made from the API key
    const container = sessionOf(host).steps.find(({ name }) => name.includes("container"));
    expect(await pulumi.isSecret(container?.digest as pulumi.Output<string>)).toBe(true);
  });
});

test("the container waits for each step of the components in `after`, the image does not", async () => {
  const resources = await registered(() => {
    const after = ["name", "pipeline"].map((part) => {
      const component = new pulumi.ComponentResource("kube-control:test:Part", part);
      new command.local.Command(`${part}-step`, {}, { parent: component });
      return component;
    });
    agent({ after });
  });
  expect(only(resources, "dd-agent-container-192.168.2.160").dependencies).toEqual(
    expect.arrayContaining(["dd-agent-conf", "name-step", "pipeline-step"]),
  );
  expect(only(resources, "dd-agent-image-192.168.2.160").dependencies).toEqual(["dd-agent-docker"]);
});

test("the API key is in no input of the removal step", async () => {
  const { inputs } = only(await deployed(), "dd-agent-removal-192.168.2.160");
  expect(hidden(inputs.stdin)).toMatch(/^KC_SECRETS='KC_PRIVATE_KEY'$/m);
  expect(JSON.stringify(inputs)).not.toContain(apiKey);
});

test("with an address that is an output, resources have the host's name and equal inputs", async () => {
  returns("dd-agent-image-monitor", { imageId: "sha256:abc" });
  const plain = await deployed({ host: monitor });
  const resources = await deployed({ host: { ...monitor, address: pulumi.output("192.168.2.160") } });
  const steps = ["removal", "image", "container"];
  for (const step of steps) {
    const { inputs } = only(resources, `dd-agent-${step}-monitor`);
    expect([step, inputs]).toEqual([step, only(plain, `dd-agent-${step}-192.168.2.160`).inputs]);
  }
  expect(only(resources, "dd-agent-conf").inputs).toEqual(only(plain, "dd-agent-conf").inputs);
});
