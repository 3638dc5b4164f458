import { defaults as agent } from "../datadog-agent/defaults";

/** Defaults of the arguments of a QNAP NAS's pipeline and of its monitors. */
export const defaults = {
  site: agent.site,
  service: "qnap-nas",
  /** Time zone of the NAS. */
  timezone: "UTC",
  /** Number of failed logins from one address within five minutes that alerts. */
  failedLogins: 5,
  /** Minutes without a log that alert. */
  silentMinutes: 60,
} as const;
