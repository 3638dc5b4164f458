import { readConfig } from "../config";
import { type Call, serve, type Server } from "../http";
import { Journal } from "../journal";
import { RecentLines } from "../recent-lines";
import { AccountState } from "./account-state";
import { Dashboards } from "./dashboards";
import { ExplorerApi } from "./explorer-api";
import { intakeApi, maxBody } from "./intake";
import type { StoredLog } from "./log-store";
import { MetricPoints, type Point } from "./metric-points";
import { MetricQueryApi } from "./metric-query-api";
import { Metrics } from "./metrics";
import { Monitors } from "./monitors";
import { Pipelines } from "./pipelines";
import { answering, plainRefusal } from "./refusal";
import { SearchApi } from "./search-api";

export interface DatadogConfig {
  /** TCP port of the API (/api/v1, /api/v2). */
  readonly port: number;
  /** TCP port of the logs intake. */
  readonly intakePort: number;
  readonly apiKey: string;
  readonly appKey: string;
  /** Pipelines, metrics, dashboards and monitors. */
  readonly stateFile: string;
  /** Logs, one JSON object a line. */
  readonly logsFile: string;
  /** Logs that the search knows. Default: 20000. */
  readonly keepLogs?: number;
  /** What the logs have added to the metrics, one JSON object a line. */
  readonly pointsFile: string;
  /** Calls of the API; the intake's are kept apart, they are many. */
  readonly journalFile: string;
  readonly intakeJournalFile: string;
}

export interface DatadogServers {
  readonly api: Server;
  readonly intake: Server;
}

/** Some days of a busy NAS. */
const keptPoints = 200_000;

/** The stand-in for Datadog's API and logs intake. A test may pass its own clock. */
export async function startDatadog(config: DatadogConfig, now: () => number = Date.now): Promise<DatadogServers> {
  const state = new AccountState(config.stateFile);
  const logs = new RecentLines<StoredLog>(config.logsFile, config.keepLogs ?? 20_000);
  const metrics = state.section("metrics");
  const points = new MetricPoints(metrics, new RecentLines<Point>(config.pointsFile, keptPoints));
  const pipelines = new Pipelines(state.section("pipelines"));
  const parts = [
    pipelines,
    new Metrics(metrics),
    new MetricQueryApi(points),
    new Dashboards(state.section("dashboards"), now),
    new Monitors(state.section("monitors"), logs, now),
    new SearchApi(logs, now),
    new ExplorerApi(logs, now),
  ];
  const api = await serve({
    port: config.port,
    journal: new Journal(config.journalFile),
    answer: (call) =>
      answering(() => {
        authenticate(call, config);
        if (call.method === "GET" && call.path === "/api/v1/validate") {
          return { status: 200, body: { valid: true } };
        }
        for (const part of parts) {
          const answer = part.answer(call);
          if (answer !== undefined) {
            return answer;
          }
        }
        throw plainRefusal(404, "Not found");
      }),
  });
  const intake = await serve({
    port: config.intakePort,
    journal: new Journal(config.intakeJournalFile),
    maxBody,
    answer: intakeApi({ apiKey: config.apiKey, pipelines, logs, points, now }),
  });
  return { api, intake };
}

/** Validating a key takes the API key alone, everything else both. */
function authenticate(call: Call, config: DatadogConfig): void {
  const keyFits = call.headers["dd-api-key"] === config.apiKey;
  const appKeyFits = call.headers["dd-application-key"] === config.appKey || call.path === "/api/v1/validate";
  if (!keyFits || !appKeyFits) {
    throw plainRefusal(403, "Forbidden");
  }
}

if (require.main === module) {
  void startDatadog(readConfig("datadog") as DatadogConfig).then(({ api, intake }) => {
    process.stdout.write(`Datadog's API stands at port ${api.port}, its logs intake at ${intake.port}\n`);
  });
}
