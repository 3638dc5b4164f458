import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import {
  AgentTrust,
  ControlPlane,
  controlPlaneChecks,
  ControlPlaneWatch,
  DatadogAgent,
  DatadogLogPipeline,
  DnsRecord,
  type DnsRecordArgs,
  DnsSwap,
  EndpointReady,
  HaproxyPair,
  type HaproxyPairArgs,
  type Host,
  qnapPipeline,
  sshHost,
} from "kube-control";

/** A machine of the configuration. In a program that makes its machines, the address is an output of the virtual machine. */
interface Machine {
  readonly name: string;
  readonly address: string;
}

const config = new pulumi.Config();
const login = {
  user: config.require("user"),
  privateKeyFile: config.require("privateKeyFile"),
  knownHostsFile: config.require("knownHostsFile"),
};
const hostOf = (machine: Machine): Host => sshHost({ ...login, ...machine, address: pulumi.output(machine.address) });
const fqdn = config.require("fqdn");
const virtualIp = config.require("virtualIp");
const masters = config.requireObject<Machine[]>("masters").map(hostOf);
const loadBalancers = config.requireObject<Machine[]>("loadBalancers").map(hostOf);
const monitor = hostOf(config.requireObject<Machine>("monitor"));
const firstMaster = masters[0]?.address ?? "";

// The name resolves to the first master until the load balancers serve.
const record: DnsRecordArgs = {
  fqdn,
  address: firstMaster,
  adoptable: [virtualIp],
  hosts: masters,
  cloudflare: {
    zoneId: config.require("zoneId"),
    apiToken: config.requireSecret("cloudflareApiToken"),
    baseUrl: config.get("cloudflareUrl"),
  },
};
const name = new DnsRecord("endpoint", record);

const controlPlane = new ControlPlane(
  "kubernetes",
  {
    endpoint: name.fqdn,
    nodes: masters,
    certificateNames: [virtualIp],
    version: config.require("version"),
    podSubnet: "10.244.0.0/16",
    serviceSubnet: "10.96.0.0/12",
    repository: config.requireObject("repository"),
    imageRepository: config.get("imageRepository"),
    cni: config.getObject("cni"),
    containerd: config.getObject("containerd"),
    kubelet: config.getObject("kubelet"),
    kubeProxy: config.getObject("kubeProxy"),
  },
  { dependsOn: name },
);

const pairArgs: HaproxyPairArgs = {
  virtualIp: { address: virtualIp },
  nodes: loadBalancers.map((host, index) => ({ ...host, priority: 250 - 10 * index })),
  apiServers: masters,
};
const pair = new HaproxyPair("load-balancers", pairArgs);

// Once the API servers answer through the virtual IP, the name is pointed at it.
const ready = new EndpointReady(
  "load-balancers",
  { ...pairArgs, masters, fqdn: name.fqdn },
  { dependsOn: [pair, controlPlane] },
);
const swap = new DnsSwap(
  "endpoint-swap",
  { ...record, recordId: name.recordId, newAddress: virtualIp },
  { dependsOn: ready },
);

// The NAS's log: a pipeline in Datadog reads the lines that the agent receives.
const apiKey = config.requireSecret("datadogApiKey");
const provider = new datadog.Provider("datadog", {
  apiKey,
  appKey: config.requireSecret("datadogAppKey"),
  apiUrl: config.get("apiUrl") ?? "https://api.datadoghq.com",
  validate: "false",
});
const pipeline = new DatadogLogPipeline("qnap-nas", qnapPipeline({ timezone: "Asia/Singapore" }), { provider });
// The agent also checks the control plane. It does not wait for the control plane's hosts.
const of = { stack: pulumi.getStack(), fqdn };
const agent = new DatadogAgent("dd-agent", {
  host: monitor,
  apiKey,
  apiUrl: config.get("apiUrl"),
  logsUrl: config.get("logsUrl"),
  agentImage: config.get("agentImage"),
  registryMirrors: config.getObject("registryMirrors"),
  logs: [{ name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap" }],
  checks: controlPlaneChecks({ of, masters, loadBalancers, virtualIp }),
});

// The checks trust the cluster's certificate authority as soon as it exists. Monitors are created after the endpoint serves.
const authority = controlPlane.certificateAuthority;
const trust = new AgentTrust("dd-agent", { host: monitor, authority }, { dependsOn: agent });
const watch = new ControlPlaneWatch("watch", { of, agentHost: monitor.name }, { provider, dependsOn: [trust, swap] });

export const { kubeconfig } = controlPlane;
export const endpoint = swap.fqdn;
export const { status } = agent;
export const { pipelineId } = pipeline;
export const { monitors } = watch;
