import { defaults as agent } from "../datadog-agent/defaults";

/** What the pipeline of a QNAP NAS, and what is watched of its logs, have where the arguments say nothing else. */
export const defaults = {
  site: agent.site,
  service: "qnap-nas",
  /** Zone of the NAS's clock. */
  timezone: "UTC",
  /** Failed logins from one address within five minutes that raise an alert. */
  failedLogins: 5,
  /** Minutes without a line that raise an alert. */
  silentMinutes: 60,
} as const;
