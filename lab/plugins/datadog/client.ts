import * as common from "@datadog/datadog-api-client/dist/packages/datadog-api-client-common";
import { applySecurityAuthentication } from "@datadog/datadog-api-client/dist/packages/datadog-api-client-common/configuration";
import * as v1 from "@datadog/datadog-api-client/dist/packages/datadog-api-client-v1";
import { logger } from "@datadog/datadog-api-client/dist/logger";
import type { Properties } from "../protocol/value";

// Its errors are thrown as well, and its own words would go to the plugin's stderr.
(logger as { setLevel(level: string): void }).setLevel("silent");

/** How Datadog's API is reached, and as whom. */
export interface Account {
  readonly apiKey: string;
  readonly appKey: string;
  /** Scheme and host; a path is ignored. */
  readonly apiUrl: string;
  readonly retry: {
    readonly enabled: boolean;
    readonly max: number;
    /** Seconds before the first further try, and what each later wait is longer by. */
    readonly backoffBase: number;
    readonly backoffMultiplier: number;
  };
}

/** The vendor's client for an account. Nothing is dialled before its first request. */
export class DatadogClient {
  constructor(private readonly account: Account) {}

  pipelines(signal: AbortSignal): v1.LogsPipelinesApi {
    return new v1.LogsPipelinesApi(this.configuration(signal));
  }

  /**
   * A request of JSON as it stands, for what the official plugin sends so too, or what the client's types would change: they
   * drop a null. Throws the client's error where the API refuses it.
   */
  async send(method: keyof typeof common.HttpMethod, path: string, signal: AbortSignal, body?: Properties) {
    const configuration = this.configuration(signal);
    const request = configuration.getServer("").makeRequestContext(path, common.HttpMethod[method]);
    request.setHttpConfig(configuration.httpConfig);
    request.setHeaderParam("Accept", "application/json");
    applySecurityAuthentication(configuration, request, ["apiKeyAuth", "appKeyAuth"]);
    if (body !== undefined) {
      request.setHeaderParam("Content-Type", "application/json");
      request.setBody(JSON.stringify(body));
    }
    const response = await configuration.httpApi.send(request);
    const text = await response.body.text();
    if (response.httpStatusCode >= 300) {
      throw new common.ApiException<unknown>(response.httpStatusCode, asJson(text) ?? text);
    }
    return (asJson(text) ?? {}) as Properties;
  }

  /** Throws where the API does not know the API key; the application key is not looked at. */
  async validate(): Promise<void> {
    const { valid } = await new v1.AuthenticationApi(this.configuration())
      .validate()
      .catch(failed("failed to validate the API key using Datadog API"));
    if (valid !== true) {
      throw new Error("Invalid or missing credentials provided to the Datadog Provider");
    }
  }

  private configuration(signal?: AbortSignal): common.Configuration {
    const { apiKey, appKey, apiUrl, retry } = this.account;
    const { host, protocol } = new URL(apiUrl);
    const configuration = common.createConfiguration({
      // Named even where they are empty, or the client looks for keys in the environment.
      authMethods: { apiKeyAuth: apiKey, appKeyAuth: appKey },
      // The server whose address is a variable as a whole.
      serverIndex: 1,
      enableRetry: retry.enabled,
      maxRetries: retry.max,
      backoffBase: retry.backoffBase,
      backoffMultiplier: retry.backoffMultiplier,
      httpConfig: signal === undefined ? {} : { signal },
    });
    configuration.setServerVariables({ name: host, protocol: protocol.replace(":", "") });
    return configuration;
  }
}

/** The status that the API answered with, where it answered. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof common.ApiException ? error.code : undefined;
}

/** Takes an answer of 404 as a resource that is gone. */
export function unless404(what: string): (error: unknown) => undefined {
  return (error) => (statusOf(error) === 404 ? undefined : failed(what)(error));
}

/** Turns the client's error into one that says what was tried and what the API answered. */
export function failed(what: string): (error: unknown) => never {
  return (error) => {
    const answer =
      error instanceof common.ApiException
        ? [error.code, ...sentences(error.body)].join(": ")
        : (error as Error).message;
    throw new Error(`${what}: ${answer}`);
  };
}

/** The sentences of a refusal, whose shape depends on the endpoint and on the status. */
function sentences(body: unknown): string[] {
  if (typeof body === "string") {
    // What the client makes of a status that it has no shape for.
    const [, text = body] = /^Unknown API Status Code!\nBody: "(.*)"$/s.exec(body) ?? [];
    return parsed(text);
  }
  const { errors, error } = (body ?? {}) as { errors?: unknown; error?: { message?: string; details?: unknown } };
  if (Array.isArray(errors)) {
    return errors.map(String);
  }
  const details = Array.isArray(error?.details) ? (error.details as { message?: string }[]) : [];
  return [error?.message, ...details.map(({ message }) => message)].filter((text) => text !== undefined);
}

function parsed(text: string): string[] {
  const body = asJson(text);
  return typeof body === "object" ? sentences(body) : [text];
}

/** A text that is JSON, as what it says; undefined where it is none. */
function asJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
