import type { Draft } from "./draft";
import { keyOf, type Mistake } from "./mistakes";
import { liesInZone, whyNoDomainName } from "./names";
import { providerOf } from "./secrets";

const sections = ["cloudflare", "rfc2136"] as const;

function checkProvider(draft: Draft): Mistake[] {
  const named = draft.text("endpoint", "provider");
  const given = sections.filter((name) => draft.value("endpoint", name) !== undefined);
  const key = keyOf(["endpoint"]);
  if (draft.value("endpoint") === undefined) {
    return [];
  }
  if (given.length === 2) {
    return [
      {
        key,
        what: "has both cloudflare and rfc2136: two DNS providers, of which only one can own the record",
        remedy: "Keep the section of the one that serves the zone.",
      },
    ];
  }
  if (given.length === 0) {
    return [
      {
        key,
        what: "has neither cloudflare nor rfc2136: nobody to make the DNS record",
        remedy: "Add cloudflare: { zoneId } or rfc2136: { server, zone, keyName }.",
      },
    ];
  }
  return named === undefined || named === given[0] || !sections.some((name) => name === named)
    ? []
    : [
        {
          key: keyOf(["endpoint", "provider"]),
          value: named,
          what: `names another provider than the section ${given[0]}`,
          remedy: `Give ${given[0]}, or write the section ${named} in its place.`,
        },
      ];
}

function checkTtl(draft: Draft): Mistake[] {
  const ttl = draft.value("endpoint", "ttl");
  return providerOf(draft) !== "cloudflare" || typeof ttl !== "number" || ttl === 1 || ttl < 1 || ttl >= 30
    ? []
    : [
        {
          key: keyOf(["endpoint", "ttl"]),
          value: ttl,
          what: "is below what Cloudflare takes",
          remedy: "Give 60 to 86400 seconds (30 on Enterprise zones), or 1 for Cloudflare's own choice.",
        },
      ];
}

function checkZone(draft: Draft): Mistake[] {
  const fqdn = draft.text("endpoint", "fqdn");
  const zone = draft.text("endpoint", "rfc2136", "zone");
  return fqdn === undefined || zone === undefined || (liesInZone(fqdn, zone) && fqdn !== zone)
    ? []
    : [
        {
          key: keyOf(["endpoint", "fqdn"]),
          value: fqdn,
          what: fqdn === zone ? "is the zone itself" : `lies outside the zone ${zone}`,
          remedy: `Give a name that ends with .${zone}, or mend kube-control:endpoint.rfc2136.zone.`,
        },
      ];
}

/** Datadog cuts longer tags, so that two stacks could share one. */
const longestTag = 200;

function checkTag(draft: Draft): Mistake[] {
  const fqdn = draft.text("endpoint", "fqdn");
  const longest = longestTag - "kube_control:".length;
  return fqdn === undefined || whyNoDomainName(fqdn) !== undefined || fqdn.length <= longest
    ? []
    : [
        {
          key: keyOf(["endpoint", "fqdn"]),
          value: fqdn,
          what: `has ${fqdn.length} characters: Datadog would cut the tag kube_control:FQDN that marks the stack's logs`,
          remedy: `Give a name of ${longest} characters at most.`,
        },
      ];
}

/** Mistakes in the control plane's name and in who serves it. */
export function checkEndpoint(draft: Draft): Mistake[] {
  return [checkProvider, checkTtl, checkZone, checkTag].flatMap((check) => check(draft));
}
