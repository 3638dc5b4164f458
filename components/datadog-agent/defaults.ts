/** What the agent has where its arguments say nothing else. */
export const defaults = {
  /** Datadog's site, which is the agent's own default too. */
  site: "datadoghq.com",
  agentImage: "datadog/agent:7",
  /** Seconds until the listeners have to be OK. */
  listeningSeconds: 120,
} as const;
