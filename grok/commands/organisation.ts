import type { Organisation } from "../organisation/api";
import { CommandError, type Terminal, UsageError } from "./command";

/** The options of the commands that use Datadog's API. */
export const organisationOptions = { site: { type: "string" }, url: { type: "string" } } as const;

export const organisationUsage = `  --site SITE   Datadog's site (default: the environment variable DD_SITE, or datadoghq.com)
  --url URL     URL of the API, instead of a site

The keys are the environment variables DD_API_KEY and DD_APP_KEY. They are never printed.
`;

const SITES = /^([a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)$/;

/**
 * The organisation that options and environment name.
 *
 * @throws UsageError or CommandError
 */
export function organisationOf(values: { site?: string; url?: string }, { env, err }: Terminal): Organisation {
  const [apiKey = "", appKey = ""] = [env["DD_API_KEY"], env["DD_APP_KEY"]];
  const missing = [apiKey === "" ? "DD_API_KEY" : "", appKey === "" ? "DD_APP_KEY" : ""].filter((name) => name !== "");
  if (missing.length > 0)
    throw new CommandError(`set the environment variable ${missing.join(" and ")} to Datadog's keys`);
  const wrong = Object.entries({ DD_API_KEY: apiKey, DD_APP_KEY: appKey }).find(
    ([, key]) => !/^[\x21-\x7e]+$/.test(key),
  );
  if (wrong !== undefined)
    throw new CommandError(
      `the environment variable ${wrong[0]} is not a key: it has a blank, a line break or a letter beyond ASCII`,
    );
  return { url: urlOf(values, env["DD_SITE"]), apiKey, appKey, waiting: (message) => err(`${message}\n`) };
}

function urlOf({ site, url }: { site?: string; url?: string }, fromEnvironment: string | undefined): string {
  if (url === undefined) {
    const name = site ?? fromEnvironment ?? "datadoghq.com";
    // The keys must not be sent to a mistyped site.
    if (!SITES.test(name))
      throw new UsageError(
        `${name} is not a site of Datadog, such as datadoghq.com, us5.datadoghq.com or datadoghq.eu`,
      );
    return `https://api.${name}`;
  }
  if (site !== undefined) throw new UsageError("give --site or --url, not both");
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const isLocal = parsed !== undefined && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(parsed.hostname);
  if (parsed?.protocol !== "https:" && !(isLocal && parsed.protocol === "http:"))
    throw new UsageError(`--url ${url} must start with https://, because the keys are sent to it`);
  return url.replace(/\/+$/, "");
}
