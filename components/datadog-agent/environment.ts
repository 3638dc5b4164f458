import { defaults } from "./defaults";

/** The proxy through which the agent reaches Datadog. */
export interface AgentProxy {
  /** URL of the proxy for http. */
  readonly http?: string;
  /** URL of the proxy for https. All of Datadog's own addresses are https. */
  readonly https?: string;
  /**
   * Hosts that the agent reaches without the proxy: each HOST or HOST:PORT, as it is in the address.
   *
   * @default none
   */
  readonly noProxy?: string[];
}

/** Where the agent sends to, and its names and tags. */
export interface AgentEnvironment {
  readonly apiKey: string;
  /** Datadog site, e.g. datadoghq.eu. */
  readonly site: string;
  readonly apiUrl?: string;
  readonly logsUrl?: string;
  /** Name of the agent's own container. Its logs are not collected. */
  readonly container: string;
  /** Name of the host in Datadog. */
  readonly hostname: string;
  /** Tags of everything that the agent sends. */
  readonly tags?: readonly string[];
  readonly proxy?: AgentProxy;
}

/** The container's environment, NAME=VALUE each. Variables for defaults of the agent are omitted. */
export function agentEnvironment(agent: AgentEnvironment): string[] {
  const { apiKey, site, apiUrl, logsUrl, container, hostname, tags = [], proxy = {} } = agent;
  return [
    `DD_API_KEY=${apiKey}`,
    "DD_LOGS_ENABLED=true",
    "DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL=true",
    "DD_LOGS_CONFIG_USE_HTTP=true",
    "DD_LOGS_CONFIG_COMPRESSION_LEVEL=1",
    // replaces DD_AC_EXCLUDE; no quotes, because the agent would treat them as a part of the filter
    `DD_CONTAINER_EXCLUDE=name:${container}`,
    // without it, the agent asks Docker for the name, which changes if the machine is renamed
    `DD_HOSTNAME=${hostname}`,
    ...(site === defaults.site ? [] : [`DD_SITE=${site}`]),
    ...(apiUrl === undefined ? [] : [`DD_DD_URL=${apiUrl}`]),
    ...(logsUrl === undefined ? [] : [`DD_LOGS_CONFIG_LOGS_DD_URL=${logsUrl}`]),
    // the agent's environment separates the entries of lists by blanks
    ...(tags.length === 0 ? [] : [`DD_TAGS=${tags.join(" ")}`]),
    ...(proxy.http === undefined ? [] : [`DD_PROXY_HTTP=${proxy.http}`]),
    ...(proxy.https === undefined ? [] : [`DD_PROXY_HTTPS=${proxy.https}`]),
    ...(proxy.noProxy === undefined || proxy.noProxy.length === 0
      ? []
      : [`DD_PROXY_NO_PROXY=${proxy.noProxy.join(" ")}`]),
  ];
}
