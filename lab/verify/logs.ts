import { randomBytes } from "node:crypto";
import { until } from "../base/process";
import { datadogPort } from "../hosts/content/services";
import { theHost } from "../hosts/plan";
import { ensureSecrets } from "../hosts/secrets";
import { onHost } from "../hosts/ssh";
import type { Lab, CheckResult } from "./finding";

/** The container that the program runs the agent in. */
const agentContainer = "dd-agent";

/** `agent status` shows the NAS's listener as OK. */
export async function checkAgent(lab: Lab): Promise<CheckResult> {
  const status = await onHost(lab, theHost(lab.hosts, "monitor"), `docker exec ${agentContainer} agent status`);
  const listener = /^\s*qnap\n\s*-+\n((?:.+\n?)+)/m.exec(status)?.[1] ?? "";
  const field = (name: string) => new RegExp(`^\\s*-?\\s*${name}: (.*)$`, "m").exec(listener)?.[1]?.trim() ?? "?";
  return {
    ok: field("Status") === "OK" && field("Port") === String(lab.stack.nasPort),
    seen: [`qnap: Type: ${field("Type")}, Port: ${field("Port")}, Status: ${field("Status")}`],
  };
}

/** Calls the lab's Datadog API with both keys. A refusal is an error with the API's message. */
export async function askDatadog({ place, hosts }: Lab, path: string, body?: unknown): Promise<unknown> {
  const method = body === undefined ? "GET" : "POST";
  const { datadogApiKey, datadogAppKey } = ensureSecrets(place);
  const response = await fetch(`http://${theHost(hosts, "services").address}:${datadogPort}${path}`, {
    method,
    headers: { "Content-Type": "application/json", "DD-API-KEY": datadogApiKey, "DD-APPLICATION-KEY": datadogAppKey },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

interface FoundLog {
  readonly attributes: {
    readonly message?: string;
    readonly service?: string;
    readonly tags?: readonly string[];
    readonly attributes?: Readonly<Record<string, unknown>>;
  };
}

/** Searches the logs of the lab's Datadog: POST /api/v2/logs/events/search. */
export async function searchLogs(lab: Lab, query: string, limit = 1): Promise<readonly FoundLog[]> {
  const body = { filter: { query, from: "now-1h", to: "now" }, page: { limit }, sort: "-timestamp" };
  const { data } = (await askDatadog(lab, "/api/v2/logs/events/search", body)) as { data: readonly FoundLog[] };
  return data;
}

/** Seconds within which a line must be found. The agent sends a batch every 5 s. */
const searchSeconds = 30;

/** The NAS sends a line, and a search finds it with its parsed attributes. */
export async function checkLogLine(lab: Lab): Promise<CheckResult> {
  const user = `look_${randomBytes(4).toString("hex")}`;
  const text =
    `conn log: Users: ${user}, Source IP: 192.168.2.101, Computer name: study-pc, Connection type: SAMBA, ` +
    "Accessed resources: Multimedia/Music/Time in a Bottle (cover).flac, Action: Read";
  const line = `<30>{date} {host} qulogd[14629]: ${text}`;
  await onHost(lab, theHost(lab.hosts, "nas"), `node /opt/kube-control-lab/nas.js send '${line}'`);
  const search = `service:qnap-nas @user:${user}`;
  const [found] = await until(
    () => searchLogs(lab, search),
    (logs) => logs.length > 0,
    { seconds: searchSeconds },
  );
  if (found === undefined) {
    return { ok: false, seen: [`a line that the NAS sent was not found within ${searchSeconds} s by ${search}`] };
  }
  const { message = "", service = "?", attributes = {} } = found.attributes;
  const shown = Object.entries(attributes).map(([name, value]) => `@${name}: ${JSON.stringify(value)}`);
  return {
    ok: attributes["action"] === "Read",
    seen: [message, `found by service:${service} @user:${user}, with these attributes:`, ...shown],
  };
}
