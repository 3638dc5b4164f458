import { readConfig } from "../config";
import { type Call, serve, type Server } from "../http";
import { RecentLines } from "../json-lines";
import { Account } from "./account";
import { collectionApi } from "./collection";
import { dashboards } from "./dashboards";
import { intakeApi } from "./intake";
import type { StoredLog } from "./logs";
import { type Point, pointsOf } from "./metric-points";
import { metricQueryApi } from "./metric-query";
import { type Metric, metrics } from "./metrics";
import { monitors } from "./monitors";
import { type Pipeline, pipelinesApi, runPipelines } from "./pipelines";
import { refusal } from "./refusal";
import { searchApi } from "./search";
import { type CheckRun, submissionsApi } from "./submissions";

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
  /** The metrics' points, of logs and of agents, one JSON object a line. */
  readonly pointsFile: string;
  /** Results of service checks, one JSON object a line. */
  readonly runsFile: string;
  /** Calls of the API. The many calls of the intake are in a separate file. */
  readonly journalFile: string;
  readonly intakeJournalFile: string;
}

export interface DatadogServers {
  readonly api: Server;
  readonly intake: Server;
}

/** The numbers of logs and of points that are kept: some days of a busy NAS. Results of checks: some hours. */
const [keptLogs, keptPoints, keptRuns] = [20_000, 200_000, 20_000];

/** The stand-in for Datadog's API and logs intake. A test may pass its own clock. */
export async function startDatadog(config: DatadogConfig, now: () => number = Date.now): Promise<DatadogServers> {
  const account = new Account(config.stateFile);
  const logs = new RecentLines<StoredLog>(config.logsFile, keptLogs);
  const points = new RecentLines<Point>(config.pointsFile, keptPoints);
  const runs = new RecentLines<CheckRun>(config.runsFile, keptRuns);
  const pipelinesKept = account.kept<Pipeline>("pipelines");
  const metricsKept = account.kept<Metric>("metrics");
  const parts = [
    pipelinesApi(pipelinesKept),
    collectionApi(metrics(metricsKept)),
    collectionApi(dashboards(account.kept("dashboards"), now)),
    collectionApi(monitors(account.kept("monitors"), { logs, runs, points, now })),
    metricQueryApi(points),
    searchApi(logs, now),
  ];
  const submissions = submissionsApi({ apiKey: config.apiKey, runs, points, now });
  const api = await serve({
    port: config.port,
    journalFile: config.journalFile,
    answer(call) {
      const submitted = submissions(call);
      if (submitted !== undefined) return submitted;
      authenticate(call, config);
      if (call.method === "GET" && call.path === "/api/v1/validate") {
        return { status: 200, body: { valid: true } };
      }
      for (const part of parts) {
        const answer = part(call);
        if (answer !== undefined) return answer;
      }
      throw refusal(404, `this stand-in does not know ${call.method} ${call.path}`);
    },
  });
  const answer = intakeApi({
    apiKey: config.apiKey,
    processed: (log) => runPipelines(pipelinesKept.all(), log, now()),
    keep(arrived) {
      logs.add(arrived);
      points.add(pointsOf(metricsKept.all(), arrived, now()));
    },
    now,
  });
  const intake = await serve({ port: config.intakePort, journalFile: config.intakeJournalFile, answer });
  return { api, intake };
}

/** The validation of a key requires only the API key, every other call both keys. */
function authenticate(call: Call, config: DatadogConfig): void {
  const keyFits = call.headers["dd-api-key"] === config.apiKey;
  const appKeyFits = call.headers["dd-application-key"] === config.appKey || call.path === "/api/v1/validate";
  if (!keyFits || !appKeyFits) {
    throw refusal(403, "Forbidden");
  }
}

if (require.main === module) {
  void startDatadog(readConfig("datadog") as DatadogConfig).then(({ api, intake }) => {
    process.stdout.write(`Datadog's API stands at port ${api.port}, its logs intake at ${intake.port}\n`);
  });
}
