import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { ControlPlane, warnOfVersion } from "./components/control-plane";
import {
  controlPlaneChecks,
  ControlPlaneWatch,
  controlPlaneWidgets,
  plannedMonitors,
} from "./components/control-plane-watch";
import { AgentTrust, DatadogAgent, warnOfSenders } from "./components/datadog-agent";
import {
  adoptedFrom,
  DatadogLogPipeline,
  filePipelineOf,
  orderArgs,
  qnapPipeline,
  stackTag,
} from "./components/datadog-log-pipeline";
import { DnsRecord, DnsSwap } from "./components/dns-record";
import { EndpointReady, HaproxyPair, VirtualIpRelease, warnOfTimes } from "./components/haproxy-pair";
import { establishIdentity } from "./components/identity";
import { Preflight } from "./components/preflight";
import { endingOnMistakes } from "./host/error";
import { checkLogin } from "./host/login";
import { notedInState } from "./host/noted";
import { failWhereUndone, Progress } from "./host/progress";
import { loadSettings } from "./settings";
import { warnOfClusterDns } from "./settings/cluster-dns";

export = endingOnMistakes(async () => {
  const settings = loadSettings();
  const { masters, workers, loadBalancers, virtualIp: vip, monitor, nas } = settings;
  const { fqdn, port } = settings.endpoint;
  const hosts = [...masters, ...workers, ...loadBalancers, monitor];
  await checkLogin(masters[0].ssh);
  warnOfTimes(settings);
  warnOfVersion(settings.kubernetes.version);
  warnOfClusterDns(settings.kubernetes);
  warnOfSenders(settings);

  const isNoted = await notedInState();
  // What the stack is may not change by accident. At `up`, every host is looked at before anything is changed on any.
  const stack = await establishIdentity("identity", settings);
  const cluster = `${fqdn}:${port}`;

  // Datadog is asked for what an earlier run has made and could not note, before anything else is made.
  const { site, apiKey, appKey, explorerUrl, notify, apiUrl = `https://api.${site}` } = settings.datadog;
  // An organisation may have several stacks: names carry the stack, and the agent's lines its tag.
  const of = { stack: pulumi.getStack(), fqdn };
  const fromFiles = settings.datadog.pipelines.map((file) => [file.name, filePipelineOf(of, file)] as const);
  const ofNas = qnapPipeline({ ...nas, agentHost: monitor.name, widgets: controlPlaneWidgets(of), of });
  const pipelines = [...fromFiles, ["qnap-nas", ofNas] as const];
  const watchArgs = { of, agentHost: monitor.name, notify };
  const monitors = plannedMonitors("watch", watchArgs);
  const adopted = await adoptedFrom({ apiKey, appKey, apiUrl, tag: stackTag(of), isNoted, pipelines, monitors });

  const preflight = new Preflight("preflight", { masters, workers, loadBalancers, monitor, cluster });

  // The name first leads to the first master, as nothing else can answer yet.
  const address = masters[0].address;
  const nameArgs = { ...settings.endpoint, address, adoptable: [vip.address], hosts: [...masters, ...workers] };
  const name = new DnsRecord("kube-control", nameArgs, { dependsOn: preflight });

  // kubeadm makes the first master under that name; the others join it in turn.
  const controlPlane = new ControlPlane(
    "kubernetes",
    { ...settings.kubernetes, endpoint: name.fqdn, port, nodes: masters, workers, certificateNames: [vip.address] },
    { dependsOn: [preflight, name] },
  );

  // At the same time, HAProxy and Keepalived go onto two hosts that share the virtual IP.
  const pairArgs = { ...settings.haproxy, virtualIp: vip, nodes: loadBalancers, apiServers: masters, port, cluster };
  const pair = new HaproxyPair("k8s-managers", pairArgs, { dependsOn: preflight });

  // Once the API servers answer through the virtual IP, the name is pointed at it.
  const readyArgs = { ...pairArgs, masters, fqdn: name.fqdn };
  const ready = new EndpointReady("k8s-managers", readyArgs, { dependsOn: [pair, controlPlane] });
  const swapArgs = { ...nameArgs, recordId: name.recordId, newAddress: vip.address };
  const resilient = new DnsSwap("kube-control-swap", swapArgs, { dependsOn: [controlPlane, ready] });
  // A former virtual IP is served until the name leads to this one on every node.
  const kept = { nodes: loadBalancers, virtualIp: vip.address };
  const released = new VirtualIpRelease("k8s-managers", kept, { dependsOn: resilient });

  // The other half: a pipeline in Datadog reads the NAS's lines, and the agent receives them. Neither needs the cluster.
  // A preview dials nobody (but for an order of pipelines), so the keys are not validated until something is made with them.
  const account = new datadog.Provider("datadog", { apiKey, appKey, apiUrl, validate: "false" });
  const further = fromFiles.map(
    ([file, args]) => new DatadogLogPipeline(file, { ...args, adopted }, { provider: account }),
  );
  const pipeline = new DatadogLogPipeline(
    "qnap-nas",
    { ...ofNas, site, explorerUrl, notify, order: orderArgs(nas.pipelineOrder), adopted },
    // Its place among all pipelines is set once all of them are there.
    { provider: account, dependsOn: further },
  );
  // The agent also checks the control plane, whose hosts it need not wait for.
  const { nameServers } = settings.endpoint;
  const checks = controlPlaneChecks({ of, port, masters, loadBalancers, virtualIp: vip.address, nameServers });
  const agent = new DatadogAgent(
    "dd-agent",
    {
      ...settings.datadog,
      host: monitor,
      logs: [{ ...nas, name: "qnap", type: "udp", from: nas.address, tags: [...nas.tags, stackTag(of)] }],
      checks,
      absent: stack.isMonitorAbsent,
      // A running agent is replaced last: no step of another part can fail while there is none.
      after: stack.runsAgent ? [resilient, pipeline] : [],
    },
    { dependsOn: preflight },
  );

  // The checks get the authority of the API servers as soon as there is one; once the endpoint serves, a failure alerts.
  const authority = controlPlane.certificateAuthority;
  const trust = new AgentTrust("dd-agent", { host: monitor, authority }, { dependsOn: agent });
  const watch = new ControlPlaneWatch(
    "watch",
    { ...watchArgs, adopted },
    { provider: account, dependsOn: [trust, resilient] },
  );

  // Steps on a host that does not answer are left for the next `up`; then this one fails in the end.
  failWhereUndone(new Progress("progress", hosts, [resilient, released, agent, pipeline, trust, watch]), hosts);

  return {
    /** The administrator's kubeconfig, whose server is the name (secret). */
    kubeconfig: controlPlane.kubeconfig,
    /** The control plane's name, once it leads to the virtual IP on every node. */
    endpoint: resilient.fqdn,
    virtualIp: resilient.address,
    agentStatus: agent.status,
    pipelineId: pipeline.pipelineId,
    dashboardUrl: pipeline.dashboardUrl,
    monitors: { ...pipeline.monitors, ...watch.monitors },
    /** Where each attribute is made a facet, by a click: Datadog has no public API for it. */
    facets: pipeline.facets,
  };
});
