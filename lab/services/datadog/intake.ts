import { randomBytes } from "node:crypto";
import { gunzipSync, inflateSync } from "node:zlib";
import { decompress as unzstd } from "fzstd";
import type { Answer, Call } from "../http";
import { runPipelines } from "./engine";
import type { LogStore, StoredLog } from "./log-store";
import type { MetricPoints } from "./metric-points";
import type { Pipelines } from "./pipelines";
import { answering, intakeRefusal } from "./refusal";

export interface IntakeOptions {
  readonly apiKey: string;
  readonly pipelines: Pipelines;
  readonly logs: LogStore;
  readonly points: MetricPoints;
  readonly now: () => number;
}

/** Limits of the published API. */
const maxPayload = 5 * 1000 * 1000;
const maxLogs = 1000;
const maxMessage = 1000 * 1000;
const hour = 3600 * 1000;
const oldest = 18 * hour;
const youngest = 2 * hour;

/** Bytes of a compressed body that are read at all. */
export const maxBody = 6 * 1000 * 1000;

type Item = Readonly<Record<string, unknown>>;

/** The logs intake: POST /api/v2/logs and the older /v1/input. */
export function intakeApi(options: IntakeOptions): (call: Call) => Promise<Answer> {
  return (call) =>
    answering(() => {
      if (call.path !== "/api/v2/logs" && !/^\/v1\/input(\/[^/]+)?$/.test(call.path)) {
        throw intakeRefusal(404, "Not Found", "no such path");
      }
      if (call.method !== "POST") {
        throw intakeRefusal(405, "Method Not Allowed", "POST only");
      }
      authenticate(call, options.apiKey);
      const items = readItems(call);
      const now = options.now();
      const logs = items.map((item) => processed(item, call, options, now)).filter((log) => log !== undefined);
      options.logs.add(logs);
      options.points.count(logs, now);
      return { status: call.path === "/api/v2/logs" ? 202 : 200, body: {}, journalledRequest: items };
    });
}

function authenticate(call: Call, apiKey: string): void {
  const inPath = /^\/v1\/input\/([^/]+)$/.exec(call.path)?.[1];
  const given = call.headers["dd-api-key"] ?? call.query.get("dd-api-key") ?? inPath;
  if ((given ?? "") === "") {
    throw intakeRefusal(401, "Unauthorized", "API key is missing");
  }
  if (given !== apiKey) {
    throw intakeRefusal(403, "Forbidden", "API key is invalid");
  }
}

function readItems(call: Call): Item[] {
  const text = decoded(call).toString("utf8");
  const type = (call.headers["content-type"] ?? "application/json").split(";")[0]?.trim();
  if (type === "text/plain") {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((message) => ({ message }));
  }
  if (type !== "application/json") {
    throw intakeRefusal(415, "Unsupported Media Type", `content type ${type} is not supported`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw intakeRefusal(400, "Bad Request", `invalid JSON: ${(error as Error).message}`);
  }
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (items.length > maxLogs) {
    throw intakeRefusal(413, "Payload Too Large", `more than ${maxLogs} logs`);
  }
  for (const item of items) {
    if (typeof item !== "object" || item === null || Array.isArray(item)) {
      throw intakeRefusal(400, "Bad Request", "each log must be an object");
    }
    for (const field of ["message", "ddsource", "ddtags", "hostname", "service"]) {
      const given = (item as Item)[field];
      if (given !== undefined && typeof given !== "string" && field !== "message") {
        throw intakeRefusal(400, "Bad Request", `${field} must be a string`);
      }
    }
  }
  return items as Item[];
}

function decoded(call: Call): Buffer {
  if (call.body.length >= maxBody) {
    throw intakeRefusal(413, "Payload Too Large", `more than ${maxPayload} bytes`);
  }
  const encoding = call.headers["content-encoding"] ?? "identity";
  const decoder = decoders[encoding];
  if (decoder === undefined) {
    throw intakeRefusal(415, "Unsupported Media Type", `content encoding ${encoding} is not supported`);
  }
  let body: Buffer;
  try {
    body = decoder(call.body);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw intakeRefusal(413, "Payload Too Large", `more than ${maxPayload} bytes`);
    }
    throw intakeRefusal(400, "Bad Request", `cannot decode ${encoding}: ${(error as Error).message}`);
  }
  if (body.length > maxPayload) {
    throw intakeRefusal(413, "Payload Too Large", `more than ${maxPayload} bytes`);
  }
  return body;
}

const decoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body, { maxOutputLength: maxPayload + 1 }),
  deflate: (body) => inflateSync(body, { maxOutputLength: maxPayload + 1 }),
  zstd: (body) => Buffer.from(unzstd(body)),
};

/** One log through the pipelines; undefined where its date lies outside of what Datadog keeps. */
function processed(item: Item, call: Call, options: IntakeOptions, now: number): StoredLog | undefined {
  const log = runPipelines(options.pipelines.all(), arrived(item, call, now), now);
  const age = now - log.timestamp;
  return age > oldest || -age > youngest ? undefined : log;
}

const reserved = new Set([
  "message",
  "ddsource",
  "ddtags",
  "hostname",
  "host",
  "service",
  "status",
  "timestamp",
  "date",
]);

/** What the intake itself makes of a payload's entry, before any pipeline. */
function arrived(item: Item, call: Call, now: number): StoredLog {
  const given = (field: string, parameter = field): string | undefined => {
    const value = item[field] ?? call.query.get(parameter) ?? undefined;
    return value === undefined ? undefined : textOf(value);
  };
  const source = given("ddsource");
  const tags = (given("ddtags") ?? "").split(",").map((tag) => tag.trim());
  const extra = Object.fromEntries(Object.entries(item).filter(([key]) => !reserved.has(key)));
  const message = textOf(item["message"]).slice(0, maxMessage);
  const parsed = jsonObject(message);
  return {
    id: `AQ${randomBytes(24).toString("base64url")}`,
    message: typeof parsed?.["message"] === "string" ? parsed["message"] : message,
    timestamp: dateOf(item["timestamp"] ?? item["date"]) ?? now,
    status: given("status")?.toLowerCase() ?? "info",
    service: given("service"),
    host: given("hostname") ?? given("host"),
    source,
    tags: [...new Set([...(source === undefined ? [] : [`source:${source}`]), ...tags])].filter((tag) => tag !== ""),
    attributes: { ...extra, ...without(parsed, "message") },
  };
}

function textOf(message: unknown): string {
  return typeof message === "string" ? message : message === undefined ? "" : JSON.stringify(message);
}

/** A message that is a JSON object is taken apart before the pipelines. */
function jsonObject(message: string): Item | undefined {
  if (!message.trimStart().startsWith("{")) {
    return undefined;
  }
  try {
    return JSON.parse(message) as Item;
  } catch {
    return undefined;
  }
}

function without(item: Item | undefined, key: string): Item {
  return Object.fromEntries(Object.entries(item ?? {}).filter(([name]) => name !== key));
}

function dateOf(value: unknown): number | undefined {
  const time = typeof value === "number" ? value : typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isFinite(time) ? time : undefined;
}
