import * as datadog from "@pulumi/datadog";
import { ControlPlane } from "./components/control-plane";
import { DatadogAgent } from "./components/datadog-agent";
import { DatadogLogPipeline, logPipelineFrom, qnapPipeline } from "./components/datadog-log-pipeline";
import { DnsRecord } from "./components/dns-record";
import { HaproxyPair, warnOfTimes } from "./components/haproxy-pair";
import { Preflight } from "./host/preflight";
import { loadSettings } from "./settings";

const settings = loadSettings();
const { masters, workers, loadBalancers, virtualIp: vip, monitor, nas } = settings;
const [firstMaster] = masters;
const port = settings.endpoint.port;
warnOfTimes(settings);

// Every host is looked at before anything is changed on any.
const preflight = new Preflight("preflight", {
  masters,
  workers,
  loadBalancers,
  monitor,
  endpointPort: port,
  logPort: nas.port,
  swapAllowed: settings.kubernetes.kubelet["failSwapOn"] === false,
});

// The name is born at the first master, for there is nothing else yet that could answer.
const name = new DnsRecord(
  "kube-control",
  { ...settings.endpoint, address: firstMaster.address, hosts: [...masters, ...workers] },
  { dependsOn: preflight },
);

// kubeadm makes the first master under that name; the others join it in turn.
const controlPlane = new ControlPlane(
  "kubernetes",
  { ...settings.kubernetes, endpoint: name.fqdn, port, nodes: masters, workers, certificateNames: [vip.address] },
  { dependsOn: [preflight, name] },
);

// At the same time, HAProxy and Keepalived go onto two hosts that share the virtual IP.
const pair = new HaproxyPair(
  "k8s-managers",
  { ...settings.haproxy, virtualIp: vip, nodes: loadBalancers, backends: masters, port },
  { dependsOn: preflight },
);

// Once the API servers answer through the virtual IP, the name is pointed at it.
const serving = pair.serving({ from: firstMaster, fqdn: name.fqdn }, { dependsOn: controlPlane });
const resilient = name.swapTo(vip.address, { dependsOn: [controlPlane, serving] });

// The other half: the agent hears the NAS, and a pipeline in Datadog reads its lines. Neither needs the cluster.
const { site, apiKey, appKey, explorerUrl, notify, apiUrl = `https://api.${site}` } = settings.datadog;
const agent = new DatadogAgent(
  "dd-agent",
  { ...settings.datadog, host: monitor, logs: [{ ...nas, name: "qnap", type: "udp" }] },
  { dependsOn: preflight },
);

// A preview dials nobody (but for an order of pipelines), so the keys are not validated until something is made with them.
const account = new datadog.Provider("datadog", { apiKey, appKey, apiUrl, validate: "false" });
const further = settings.datadog.pipelines.map(
  ({ name, path, given }) => new DatadogLogPipeline(name, logPipelineFrom(path, given), { provider: account }),
);
const pipeline = new DatadogLogPipeline(
  "qnap-nas",
  { ...qnapPipeline({ ...nas, agentHost: monitor.name }), site, explorerUrl, notify, order: nas.pipelineOrder },
  // Where it stands is told once all pipelines are there.
  { provider: account, dependsOn: further },
);

/** The administrator's kubeconfig, whose server is the name (secret). */
export const kubeconfig = controlPlane.kubeconfig;
/** The control plane's name, once it leads to the virtual IP on every node. */
export const endpoint = resilient.fqdn;
export const virtualIp = resilient.address;
export const agentStatus = agent.status;
export const { pipelineId, dashboardUrl, monitors } = pipeline;
/** Where each attribute is made a facet, by a click: Datadog has no public API for it. */
export const facets = pipeline.facets;
