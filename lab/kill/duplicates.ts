import { cloudflarePort } from "../hosts/content/services";
import { theHost } from "../hosts/plan";
import { ensureSecrets } from "../hosts/secrets";
import { onHost } from "../hosts/ssh";
import type { Lab } from "../verify/finding";
import { askDatadog } from "../verify/logs";
import { duplicatesIn } from "./compare";

/** The objects that exist more than once at Cloudflare, in the monitor's Docker and at Datadog, a line each. */
export async function duplicates(lab: Lab): Promise<string[]> {
  const found = {
    "Cloudflare record": await recordNames(lab),
    container: await containers(lab),
    "Datadog pipeline": names(await askDatadog(lab, "/api/v1/logs/config/pipelines")),
    "Datadog metric": names(((await askDatadog(lab, "/api/v2/logs/config/metrics")) as { data: unknown }).data, "id"),
    "Datadog monitor": names(await askDatadog(lab, "/api/v1/monitor")),
    "Datadog dashboard": names(
      ((await askDatadog(lab, "/api/v1/dashboard")) as { dashboards: unknown }).dashboards,
      "title",
    ),
  };
  return Object.entries(found).flatMap(([kind, all]) => [
    ...(all.length === 0 ? [`no ${kind} was found`] : []),
    ...duplicatesIn(all).map((name) => `${kind} ${name} exists more than once`),
  ]);
}

const names = (list: unknown, key = "name") =>
  (list as readonly Readonly<Record<string, unknown>>[]).map((one) => String(one[key]));

async function recordNames({ place, hosts, stack }: Lab): Promise<string[]> {
  const { cloudflareApiToken } = ensureSecrets(place);
  const base = `http://${theHost(hosts, "services").address}:${cloudflarePort}/client/v4`;
  const response = await fetch(`${base}/zones/${stack.zoneId}/dns_records`, {
    headers: { Authorization: `Bearer ${cloudflareApiToken}` },
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new Error(`Cloudflare answered ${response.status}`);
  return names(((await response.json()) as { result: unknown }).result);
}

/** The image of each container on the monitor: the agent must run only once. */
async function containers(lab: Lab): Promise<string[]> {
  const said = await onHost(lab, theHost(lab.hosts, "monitor"), "docker ps --all --format '{{.Image}}'");
  return said.split("\n").filter((line) => line !== "");
}
