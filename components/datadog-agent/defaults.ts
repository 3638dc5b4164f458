/** Defaults of the agent's arguments. */
export const defaults = {
  /** Datadog's site. The agent has the same default. */
  site: "datadoghq.com",
  agentImage: "datadog/agent:7",
  /** Seconds within which `agent status` must show every listener OK. */
  listeningSeconds: 120,
} as const;
