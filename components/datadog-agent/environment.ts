import { defaults } from "./defaults";

/** How the agent reaches Datadog where it cannot do so itself. */
export interface AgentProxy {
  /** URL of the proxy for what goes by http. */
  readonly http?: string;
  /** URL of the proxy for what goes by https, as Datadog's own addresses do. */
  readonly https?: string;
  /**
   * Hosts that are reached without it: each a host, or host:port, as the address has it.
   *
   * @default none
   */
  readonly noProxy?: string[];
}

/** Where the agent sends to, and as whom. */
export interface AgentEnvironment {
  readonly apiKey: string;
  /** Datadog site, e.g. datadoghq.eu. */
  readonly site: string;
  readonly apiUrl?: string;
  readonly logsUrl?: string;
  /** Name of the agent's own container, whose logs are not collected. */
  readonly container: string;
  /** What Datadog calls the host. */
  readonly hostname: string;
  /** Tags of everything that the agent sends. */
  readonly tags?: readonly string[];
  readonly proxy?: AgentProxy;
}

/** The container's environment, NAME=VALUE each. What names the vendor's default site or address is left out. */
export function agentEnvironment(agent: AgentEnvironment): string[] {
  const { apiKey, site, apiUrl, logsUrl, container, hostname, tags = [], proxy = {} } = agent;
  return [
    `DD_API_KEY=${apiKey}`,
    "DD_LOGS_ENABLED=true",
    "DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL=true",
    "DD_LOGS_CONFIG_USE_HTTP=true",
    "DD_LOGS_CONFIG_COMPRESSION_LEVEL=1",
    // the modern name of DD_AC_EXCLUDE; without quotes, which the agent would take for a part of the filter
    `DD_CONTAINER_EXCLUDE=name:${container}`,
    // asked of Docker, it would be another one where the machine is renamed
    `DD_HOSTNAME=${hostname}`,
    ...(site === defaults.site ? [] : [`DD_SITE=${site}`]),
    ...(apiUrl === undefined ? [] : [`DD_DD_URL=${apiUrl}`]),
    ...(logsUrl === undefined ? [] : [`DD_LOGS_CONFIG_LOGS_DD_URL=${logsUrl}`]),
    // lists in the agent's environment are parted by blanks
    ...(tags.length === 0 ? [] : [`DD_TAGS=${tags.join(" ")}`]),
    ...(proxy.http === undefined ? [] : [`DD_PROXY_HTTP=${proxy.http}`]),
    ...(proxy.https === undefined ? [] : [`DD_PROXY_HTTPS=${proxy.https}`]),
    ...(proxy.noProxy === undefined || proxy.noProxy.length === 0
      ? []
      : [`DD_PROXY_NO_PROXY=${proxy.noProxy.join(" ")}`]),
  ];
}
