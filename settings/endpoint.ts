import type { Refusal } from "../host/refusal";
import { keyOf } from "./mistakes";
import { liesInZone } from "./names";
import type { StackConfiguration } from "./schema";
import type { Sound } from "./sound";

type Endpoint = Sound<StackConfiguration["endpoint"]>;

const providers = ["cloudflare", "rfc2136"] as const;
type Provider = (typeof providers)[number];

/** The providers that have a section, even if it has mistakes. */
const sectionsOf = (endpoint: Endpoint): readonly Provider[] => providers.filter((name) => name in endpoint);

/** The DNS provider of the zone; undefined if the configuration does not determine it. */
export function providerOf(endpoint: Endpoint = {}): Provider | undefined {
  const [one, other] = sectionsOf(endpoint);
  return endpoint.provider ?? (other === undefined ? one : undefined);
}

function checkProvider(endpoint: Endpoint): Refusal[] {
  const { provider } = endpoint;
  const [one, other] = sectionsOf(endpoint);
  if (other !== undefined) {
    return [
      {
        path: ["endpoint"],
        what: "has both cloudflare and rfc2136: two DNS providers, of which only one can own the record",
        remedy: "Keep the section of the one that serves the zone.",
      },
    ];
  }
  if (one === undefined) {
    return [
      {
        path: ["endpoint"],
        what: "has neither cloudflare nor rfc2136, so there is no DNS provider to make the record with",
        remedy: "Add cloudflare: { zoneId } or rfc2136: { server, zone, keyName }.",
      },
    ];
  }
  return provider === undefined || provider === one
    ? []
    : [
        {
          path: ["endpoint", "provider"],
          what: `names another provider than the section ${one}`,
          remedy: `Set it to ${one}, or write the section ${provider} instead.`,
        },
      ];
}

function checkTtl(endpoint: Endpoint): Refusal[] {
  const { ttl } = endpoint;
  return providerOf(endpoint) !== "cloudflare" || ttl === undefined || ttl === 1 || ttl >= 30
    ? []
    : [
        {
          path: ["endpoint", "ttl"],
          what: "is below what Cloudflare takes",
          remedy: "Set it to 60 to 86400 seconds (from 30 on Enterprise zones), or to 1 for Cloudflare's own choice.",
        },
      ];
}

function checkZone({ fqdn, rfc2136 }: Endpoint): Refusal[] {
  const zone = rfc2136?.zone;
  return fqdn === undefined || zone === undefined || (liesInZone(fqdn, zone) && fqdn !== zone)
    ? []
    : [
        {
          path: ["endpoint", "fqdn"],
          what: fqdn === zone ? "is the zone itself" : `lies outside the zone ${zone}`,
          remedy: `Set it to a name that ends with .${zone}, or correct ${keyOf(["endpoint", "rfc2136", "zone"])}.`,
        },
      ];
}

/** Characters of the longest tag. Datadog cuts longer ones, so that two stacks could have the same tag. */
const longestTag = 200;

function checkTag({ fqdn }: Endpoint): Refusal[] {
  const longest = longestTag - "kube_control:".length;
  return fqdn === undefined || fqdn.length <= longest
    ? []
    : [
        {
          path: ["endpoint", "fqdn"],
          what: `has ${fqdn.length} characters: Datadog would cut the tag kube_control:FQDN that marks the stack's logs`,
          remedy: `Set it to a name of ${longest} characters at most.`,
        },
      ];
}

/** Mistakes in the control plane's name and its DNS provider. */
export function checkEndpoint({ endpoint }: Sound<StackConfiguration>): Refusal[] {
  return endpoint === undefined
    ? []
    : [checkProvider, checkTtl, checkZone, checkTag].flatMap((check) => check(endpoint));
}
