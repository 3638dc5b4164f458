// The tests of the stand-in and of the plugin for Datadog start the same server.

import { join } from "node:path";
import type { startDatadog } from "../../../services/datadog/main";

/** The configuration of a test's stand-in for Datadog: free ports, fake keys, and files in the test's folder. */
export function datadogConfig(folder: string): Parameters<typeof startDatadog>[0] {
  return {
    port: 0,
    intakePort: 0,
    apiKey: "0123456789abcdef0123456789abcdef",
    appKey: "fedcba9876543210fedcba9876543210fedcba98",
    stateFile: join(folder, "account.json"),
    logsFile: join(folder, "logs.jsonl"),
    pointsFile: join(folder, "points.jsonl"),
    runsFile: join(folder, "check-runs.jsonl"),
    journalFile: join(folder, "api.jsonl"),
    intakeJournalFile: join(folder, "intake.jsonl"),
  };
}
