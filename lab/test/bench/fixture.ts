import { siteOf, type Site, type SiteSecrets } from "../../bench/up/site";
import { committed } from "../../../test/settings/stack";

export const secrets: SiteSecrets = {
  cloudflareApiToken: "canary-cloudflare-token-0123456789012345",
  datadogApiKey: "0123456789abcdef0123456789abcdef",
  datadogAppKey: "fedcba9876543210fedcba9876543210fedcba98",
};

/** The committed stack `dev`, with keys of its own; changed by the caller. */
export function fixture(change: (configuration: Record<string, any>) => void = () => undefined): Site {
  const { cloudflareApiToken: _, datadogApiKey: _api, datadogAppKey: _app, ...configuration } = committed("dev");
  change(configuration);
  const keyed = Object.entries(configuration).map(([key, value]) => [`kube-control:${key}`, value] as const);
  return siteOf(Object.fromEntries(keyed), secrets);
}
