/** Where the agent sends to, and as whom. */
export interface AgentEnvironment {
  readonly apiKey: string;
  /** Datadog site, e.g. datadoghq.eu. */
  readonly site: string;
  readonly apiUrl?: string;
  readonly logsUrl?: string;
  /** Name of the agent's own container, whose logs are not collected. */
  readonly container: string;
}

/** The container's environment, NAME=VALUE each. What names the vendor's default site or address is left out. */
export function agentEnvironment({ apiKey, site, apiUrl, logsUrl, container }: AgentEnvironment): string[] {
  return [
    `DD_API_KEY=${apiKey}`,
    "DD_LOGS_ENABLED=true",
    "DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL=true",
    "DD_LOGS_CONFIG_USE_HTTP=true",
    "DD_LOGS_CONFIG_COMPRESSION_LEVEL=1",
    // the modern name of DD_AC_EXCLUDE; without quotes, which the agent would take for a part of the filter
    `DD_CONTAINER_EXCLUDE=name:${container}`,
    ...(site === "datadoghq.com" ? [] : [`DD_SITE=${site}`]),
    ...(apiUrl === undefined ? [] : [`DD_DD_URL=${apiUrl}`]),
    ...(logsUrl === undefined ? [] : [`DD_LOGS_CONFIG_LOGS_DD_URL=${logsUrl}`]),
  ];
}
