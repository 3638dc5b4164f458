import { readFileSync } from "node:fs";
import { join } from "node:path";
import { containerdConfiguration, registryHosts } from "../../../components/control-plane/containerd";
import {
  type Cluster,
  encryptionFile,
  initConfiguration,
  joinConfiguration,
  uploadConfiguration,
} from "../../../components/control-plane/kubeadm";
import { confPath, type LogListener, renderConf } from "../../../components/datadog-agent/conf";
import { agentEnvironment } from "../../../components/datadog-agent/environment";
import { haproxyDropIn, keepalivedDropIn, watchProgram, watchUnit } from "../../../components/haproxy-pair/drop-ins";
import { renderHaproxy } from "../../../components/haproxy-pair/haproxy";
import { placeholders, renderKeepalived } from "../../../components/haproxy-pair/keepalived";
import type { Site } from "./site";

const watchScript = readFileSync(join(__dirname, "../../../components/haproxy-pair/haproxy-watch.sh"), "utf8");

/** Names that index.ts gives. */
export const pairName = "k8s-managers";
export const agentContainer = "dd-agent";
export const confD = "/opt/datadog-monitor/datadog-agent/conf.d";
export const recordComment = "kube-control: API servers";

/** Every file that the program writes on hosts, by the program's own renderers. */
export function rendered(site: Site) {
  const { settings, secrets } = site;
  const { endpoint, masters, loadBalancers, virtualIp, kubernetes, haproxy, datadog, monitor } = settings;
  const cluster: Cluster = {
    ...kubernetes,
    endpoint: endpoint.fqdn,
    port: endpoint.port,
    certificateNames: [virtualIp.address, ...masters.map(({ address }) => address)],
  };
  const { apiUrl, logsUrl, tags, proxy } = datadog;
  const haproxyConfiguration = { ...haproxy, name: pairName, port: endpoint.port, backends: masters };
  const listener = agentListener(site);
  return {
    encryptionFile,
    init: (master: { name: string; address: string }) => initConfiguration(cluster, master),
    join: (master: { name: string; address: string }) => joinConfiguration(cluster, master, "master"),
    upload: uploadConfiguration(cluster),
    containerd: containerdConfiguration(kubernetes.containerd),
    registryHosts: registryHosts(kubernetes.containerd),
    haproxy: renderHaproxy(haproxyConfiguration),
    haproxyDropIn,
    keepalived: (name: string, networkInterface: string) => {
      const router = loadBalancers.find((one) => one.name === name);
      if (router === undefined) {
        throw new Error(`no load balancer ${name}`);
      }
      return renderKeepalived(
        virtualIp,
        router,
        loadBalancers.filter((other) => other !== router),
      )
        .replaceAll(placeholders.interface, networkInterface)
        .replaceAll(placeholders.password, secrets.vrrpPassword ?? "");
    },
    keepalivedDropIn: keepalivedDropIn(virtualIp.address),
    watch: { path: watchProgram, program: watchScript, unit: watchUnit(haproxyConfiguration, virtualIp.address) },
    agentConf: { path: `${confD}/${confPath(listener)}`, content: renderConf(listener) },
    agentEnvironment: agentEnvironment({
      apiKey: secrets.datadogApiKey,
      site: datadog.site,
      apiUrl,
      logsUrl,
      container: agentContainer,
      hostname: monitor.name,
      tags,
      proxy,
    }),
  };
}

export function agentListener({ settings }: Site): LogListener {
  const { port, service, source, tags } = settings.nas;
  return { name: "qnap", type: "udp", port, service, source, tags };
}
