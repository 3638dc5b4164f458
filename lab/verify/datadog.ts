import { datadogPort } from "../hosts/content/services";
import { theHost } from "../hosts/plan";
import { needSecrets } from "../hosts/secrets";
import type { Lab } from "./finding";

/** Asks the lab's Datadog as its user does, with both keys; a refusal is an error that tells its words. */
export async function askDatadog(
  { place, hosts }: Pick<Lab, "place" | "hosts">,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { datadogApiKey, datadogAppKey } = needSecrets(place);
  const response = await fetch(`http://${theHost(hosts, "services").address}:${datadogPort}${path}`, {
    method,
    headers: { "Content-Type": "application/json", "DD-API-KEY": datadogApiKey, "DD-APPLICATION-KEY": datadogAppKey },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
  }
  return JSON.parse(text);
}
