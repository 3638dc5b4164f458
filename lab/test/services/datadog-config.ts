import type { startDatadog } from "../../services/datadog/main";

/** A Datadog of a test's own: free ports, keys that are nobody's, and its files in the test's folder. */
export function datadogConfig(path: (name: string) => string): Parameters<typeof startDatadog>[0] {
  return {
    port: 0,
    intakePort: 0,
    apiKey: "0123456789abcdef0123456789abcdef",
    appKey: "fedcba9876543210fedcba9876543210fedcba98",
    stateFile: path("account.json"),
    logsFile: path("logs.jsonl"),
    pointsFile: path("points.jsonl"),
    journalFile: path("api.jsonl"),
    intakeJournalFile: path("intake.jsonl"),
  };
}
