import * as datadog from "@pulumi/datadog";
import * as pulumi from "@pulumi/pulumi";
import { ClusterBackup, newestCopies, newestUpload } from "./components/cluster-backup";
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
import { EndpointReady, HaproxyPair, serversOf, VirtualIpRelease, warnOfTimes } from "./components/haproxy-pair";
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

  // The stack's identity must not change by accident. `up` surveys every host before it changes any of them. The state is
  // read at the same time: before the first resource that could be adopted is registered.
  const [isNoted, stack] = await Promise.all([notedInState(), establishIdentity("identity", settings)]);
  const cluster = `${fqdn}:${port}`;

  // What an earlier run created in Datadog, but is not in the state, is adopted. This is found out before anything is
  // created.
  const { site, apiKey, appKey, explorerUrl, notify, apiUrl = `https://api.${site}` } = settings.datadog;
  // Several stacks can share an organisation: names in Datadog contain the stack's name, and the agent's logs have its
  // tag.
  const of = { stack: pulumi.getStack(), fqdn };
  const fromFiles = settings.datadog.pipelines.map((file) => [file.name, filePipelineOf(of, file)] as const);
  const ofNas = qnapPipeline({ ...nas, agentHost: monitor.name, widgets: controlPlaneWidgets(of), of });
  const pipelines = [...fromFiles, ["qnap-nas", ofNas] as const];
  // The agent can check the age of backups that are copied to its own host.
  const watched = settings.backup?.copyTo.name === monitor.name ? settings.backup : undefined;
  const { certificateValidity } = settings.kubernetes;
  const watchArgs = {
    of,
    agentHost: monitor.name,
    certificateValidity,
    notify,
    backupHours: watched?.intervalHours,
    uploadHours: watched?.s3 && watched.intervalHours,
  };
  const monitors = plannedMonitors("watch", watchArgs);
  const adopted = await adoptedFrom({ apiKey, appKey, apiUrl, tag: stackTag(of), isNoted, pipelines, monitors });

  const preflight = new Preflight("preflight", { masters, workers, loadBalancers, monitor, cluster });

  // The name first resolves to the first master, because no other host can answer yet.
  const address = masters[0].address;
  const nameArgs = { ...settings.endpoint, address, adoptable: [vip.address], hosts: [...masters, ...workers] };
  const name = new DnsRecord("kube-control", nameArgs, { dependsOn: preflight });

  // HAProxy and Keepalived are set up on the load balancers, which share the virtual IP.
  // With an audit log, their log tells which client made a connection that an API server sees.
  const logSourcePorts = settings.kubernetes.apiServer?.audit?.enabled ? true : undefined;
  const haproxy = { ...settings.haproxy, logSourcePorts };
  const pairArgs = { ...haproxy, virtualIp: vip, nodes: loadBalancers, apiServers: masters, port, cluster };
  const pair = new HaproxyPair("k8s-managers", pairArgs, { dependsOn: preflight });

  // At the same time, kubeadm initialises the first master with that name; the others join it one after another. An
  // update of a running master takes it out of the load balancers.
  const controlPlane = new ControlPlane(
    "kubernetes",
    {
      ...settings.kubernetes,
      endpoint: name.fqdn,
      port,
      nodes: masters,
      workers,
      certificateNames: [vip.address, ...(settings.kubernetes.certificateNames ?? [])],
      loadBalancers: serversOf("k8s-managers", pairArgs),
      updatesAfter: [pair],
    },
    { dependsOn: [preflight, name] },
  );

  // Once the API servers answer through the virtual IP, the record is changed to it.
  const readyArgs = { ...pairArgs, masters, fqdn: name.fqdn };
  const ready = new EndpointReady("k8s-managers", readyArgs, { dependsOn: [pair, controlPlane] });
  const swapArgs = { ...nameArgs, recordId: name.recordId, newAddress: vip.address };
  const resilient = new DnsSwap("kube-control-swap", swapArgs, { dependsOn: [controlPlane, ready] });
  // A former virtual IP is served until the name resolves to this one on every node.
  const kept = { nodes: loadBalancers, virtualIp: vip.address };
  const released = new VirtualIpRelease("k8s-managers", kept, { dependsOn: resilient });

  // The NAS's logs: the agent receives the lines, and a pipeline in Datadog parses them. Neither needs the cluster. The
  // provider does not validate the keys, so that a preview does not call Datadog, except to read an order of pipelines.
  const account = new datadog.Provider("datadog", { apiKey, appKey, apiUrl, validate: "false" });
  const further = fromFiles.map(
    ([file, args]) => new DatadogLogPipeline(file, { ...args, adopted }, { provider: account }),
  );
  const pipeline = new DatadogLogPipeline(
    "qnap-nas",
    { ...ofNas, site, explorerUrl, notify, order: orderArgs(nas.pipelineOrder), adopted },
    // Its place in the order of pipelines is set when all of them exist.
    { provider: account, dependsOn: further },
  );
  // The agent also checks the control plane. It does not wait for the control plane's hosts.
  const { nameServers } = settings.endpoint;
  const newestBackups = watched === undefined ? undefined : newestCopies;
  const plane = {
    ...{ of, port, masters, loadBalancers, virtualIp: vip.address, nameServers },
    ...{ certificateValidity, newestBackups, newestUpload: watched?.s3 && newestUpload },
  };
  const checks = controlPlaneChecks(plane);
  const agent = new DatadogAgent(
    "dd-agent",
    {
      ...settings.datadog,
      host: monitor,
      logs: [{ ...nas, name: "qnap", type: "udp", from: nas.address, tags: [...nas.tags, stackTag(of)] }],
      checks,
      absent: stack.isMonitorAbsent,
      // A running agent is replaced last, so that no other step can fail while there is no agent.
      after: stack.runsAgent ? [resilient, pipeline] : [],
    },
    { dependsOn: preflight },
  );

  // The checks trust the cluster's certificate authority as soon as it exists. Monitors are created after the endpoint serves.
  const authority = controlPlane.certificateAuthority;
  const trust = new AgentTrust("dd-agent", { host: monitor, authority }, { dependsOn: agent });
  const watch = new ControlPlaneWatch(
    "watch",
    { ...watchArgs, adopted },
    { provider: account, dependsOn: [trust, resilient] },
  );

  // Archives of etcd and of the cluster's keys, on the masters and on another host.
  const backups =
    settings.backup === undefined
      ? []
      : [
          new ClusterBackup(
            "backup",
            { ...settings.backup, masters, cluster },
            { dependsOn: [preflight, controlPlane] },
          ),
        ];

  // Steps on a host that does not answer remain for the next `up`, and this `up` fails at its end.
  const all = [resilient, released, agent, pipeline, trust, watch, ...backups];
  failWhereUndone(new Progress("progress", hosts, all), hosts);

  return {
    /** The administrator's kubeconfig, whose server is the name (secret). */
    kubeconfig: controlPlane.kubeconfig,
    /** The control plane's name, once it resolves to the virtual IP on every node. */
    endpoint: resilient.fqdn,
    virtualIp: resilient.address,
    agentStatus: agent.status,
    pipelineId: pipeline.pipelineId,
    dashboardUrl: pipeline.dashboardUrl,
    monitors: { ...pipeline.monitors, ...watch.monitors },
    /** A link for each attribute, with which a person creates the facet: Datadog has no public API for it. */
    facets: pipeline.facets,
  };
});
