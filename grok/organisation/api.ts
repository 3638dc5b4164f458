import { setTimeout as pause } from "node:timers/promises";
import { type Attributes, isObject } from "../attributes";
import { parseJson } from "../json";

/** An organisation at Datadog. */
export interface Organisation {
  /** `https://api.SITE`, without a path. */
  readonly url: string;
  readonly apiKey: string;
  /** Needs the permission logs_read_config. */
  readonly appKey: string;
  /** Called before a request waits. */
  readonly waiting: (message: string) => void;
}

/** Why Datadog did not answer, and what to do. It contains no key. */
export class ApiError extends Error {
  override readonly name = "ApiError";
}

const PATH = "/api/v1/logs/config/pipelines";
/** Milliseconds for an answer. */
const PATIENCE = 30_000;
const MOST_TRIES = 5;
/** Most seconds that a request waits because Datadog limits the rate of requests. */
const LONGEST_WAIT = 60;

/**
 * The pipelines of an organisation, in their order.
 *
 * @see https://docs.datadoghq.com/api/latest/logs-pipelines/#get-all-pipelines
 * @throws ApiError
 */
export async function listPipelines(organisation: Organisation): Promise<Attributes[]> {
  const text = await get(organisation);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every(isObject))
    throw new ApiError(
      `${organisation.url}${PATH} did not return a list of pipelines: is this the URL of Datadog's API?`,
    );
  return value;
}

async function get(organisation: Organisation): Promise<string> {
  const { url, apiKey, appKey, waiting } = organisation;
  for (let tries = 1; ; tries++) {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`${url}${PATH}`, {
        headers: { "dd-api-key": apiKey, "dd-application-key": appKey },
        // The keys must not be sent to another host.
        redirect: "error",
        signal: AbortSignal.timeout(PATIENCE),
      });
      text = await answer.text();
    } catch (error) {
      const { message, cause } = error as Error & {
        readonly cause?: { readonly code?: string; readonly message?: string };
      };
      const reason = cause?.code ?? cause?.message ?? message;
      const shown = withoutKeys(organisation, reason);
      throw new ApiError(`cannot read ${url}${PATH} (${shown}): check the network, and --site or --url`);
    }
    if (answer.ok) return text;
    if (answer.status !== 429 || tries === MOST_TRIES) throw refusal(organisation, answer.status, text);
    const seconds = secondsToWait(answer.headers);
    if (seconds > LONGEST_WAIT)
      throw new ApiError(`Datadog limits the rate of requests for ${seconds} s: run this again after that time`);
    waiting(`Datadog limits the rate of requests: waiting ${seconds} s`);
    await pause(seconds * 1000);
  }
}

/** `Retry-After` is in seconds or a date, Datadog's `X-RateLimit-Reset` is in seconds. */
function secondsToWait(headers: Headers): number {
  const given = headers.get("x-ratelimit-reset") ?? headers.get("retry-after") ?? "";
  const seconds = /^\d+$/.test(given) ? Number(given) : Math.ceil((Date.parse(given) - Date.now()) / 1000);
  return Number.isNaN(seconds) ? 1 : Math.max(0, seconds);
}

const withoutKeys = ({ apiKey, appKey }: Organisation, text: string) =>
  text.replaceAll(apiKey, "…").replaceAll(appKey, "…");

function refusal(organisation: Organisation, status: number, text: string): ApiError {
  const { url } = organisation;
  if (status === 401 || status === 403)
    return new ApiError(
      `${url} refuses the keys (status ${status}): DD_API_KEY and DD_APP_KEY must be keys of the organisation at this site, and ` +
        "the application key needs the permission logs_read_config",
    );
  if (status === 429)
    return new ApiError(`Datadog still limits the rate of requests after ${MOST_TRIES} tries: run this later`);
  const said = withoutKeys(organisation, text).replace(/\s+/g, " ").trim().slice(0, 200);
  return new ApiError(`${url}${PATH} returned status ${status}${said === "" ? "" : `: ${said}`}`);
}
