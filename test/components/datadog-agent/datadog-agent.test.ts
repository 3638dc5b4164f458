import type { DatadogAgentArgs, LogListener } from "../../../components/datadog-agent";
import { hidden, isSecret, type Registered } from "../../recorder";
import { hostAt, registered, returns } from "../registered";
import { DatadogAgent } from "../../../components/datadog-agent";

const plainMonitor = hostAt("monitor", "192.168.2.160");
const monitor = { ...plainMonitor, ssh: { ...plainMonitor.ssh, knownHostsFile: "/keys/known hosts" } };
const qnap: LogListener = {
  name: "qnap",
  type: "udp",
  port: 15141,
  service: "qnap-nas",
  source: "qnap",
  tags: ["env:prod", "vendor:qnap"],
};
const apiKey = "0123456789abcdef0123456789abcdef";

returns("dd-agent-image-192.168.2.160", { imageId: "sha256:abc" });
const agent = (change: Partial<DatadogAgentArgs> = {}) =>
  new DatadogAgent("dd-agent", { host: monitor, apiKey, logs: [qnap], ...change });
const deployed = (change: Partial<DatadogAgentArgs> = {}) => registered(() => agent(change));

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

test("another site, API or intake adds its variable, and nothing else does", async () => {
  const change = { site: "datadoghq.eu", apiUrl: "http://192.168.2.10:8082", logsUrl: "http://192.168.2.10:8083" };
  const envs = hidden(only(await deployed(change), "dd-agent-container-192.168.2.160").inputs.envs);
  expect(envs.slice(7)).toEqual([
    "DD_SITE=datadoghq.eu",
    "DD_DD_URL=http://192.168.2.10:8082",
    "DD_LOGS_CONFIG_LOGS_DD_URL=http://192.168.2.10:8083",
  ]);
});

test("tags, a proxy and a limit of memory are passed on", async () => {
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

test("each listener has its file, its port and its place in the wait", async () => {
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

test("the API key is in secrets only, even where it is given in plain text", async () => {
  const resources = await deployed();
  const container = only(resources, "dd-agent-container-192.168.2.160");
  expect(isSecret(container.inputs.envs)).toBe(true);
  expect(container.secretOutputs).toContain("envs");
  for (const { inputs } of resources.values()) {
    const open = JSON.stringify(Object.values(inputs).filter((value) => !isSecret(value)));
    expect(open).not.toContain(apiKey);
    expect(open).not.toContain("PRIVATE KEY");
  }
  const listening = only(resources, "dd-agent-listening");
  expect(isSecret(listening.inputs.stdin)).toBe(true);
  expect(listening.inputs.create).not.toContain(apiKey);
});

test("Docker first, then the configuration and the image, then the container, then its listeners", async () => {
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

test("the docker provider dials by ssh with the pinned key, and not before it must", async () => {
  const resources = await deployed();
  const provider = only(resources, "dd-agent-192.168.2.160");
  expect(provider.inputs.host).toBe("ssh://ops@192.168.2.160:22");
  expect(String(provider.inputs.disableDockerDaemonCheck)).toBe("true");
  const options = [provider.inputs.sshOpts].flat().join(" ");
  for (const option of [
    "-i",
    "/keys/id_ed25519",
    "StrictHostKeyChecking=yes",
    "IdentitiesOnly=yes",
    "GlobalKnownHostsFile=/dev/null",
  ]) {
    expect(options).toContain(option);
  }
  expect(options).toContain("known hosts");
  for (const name of ["dd-agent-image-192.168.2.160", "dd-agent-container-192.168.2.160"]) {
    expect(only(resources, name).provider).toBe("dd-agent-192.168.2.160");
  }
});

test("the status is what the wait for the listeners printed, without what frames it", async () => {
  let status = "";
  await registered(() => agent().status.apply((text) => (status = text)));
  expect(status).toBe("dd-agent-listening said");
});

test("another configuration changes its script and the wait, and not the container", async () => {
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

test.each<[string, readonly LogListener[], string]>([
  ["no listener", [], "has no listener"],
  ["a name that is no folder", [{ ...qnap, name: "../qnap" }], "cannot name a listener"],
  ["a port out of range", [{ ...qnap, port: 70000 }], "port 70000"],
  ["a name twice", [qnap, { ...qnap, port: 1 }], "the name qnap twice"],
  ["a port twice", [qnap, { ...qnap, name: "other" }], "the port 15141/udp twice"],
])("refuses %s", (_what, logs, message) => {
  expect(() => agent({ logs })).toThrow(message);
});
