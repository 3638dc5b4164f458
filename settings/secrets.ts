import type { Draft } from "./draft";
import { keyOf, type Mistake, namespace } from "./mistakes";
import { isPlaceholder } from "./placeholder";
import type { Source } from "./source";

/** The settings that must be encrypted, and where each comes from. */
export const secretKeys = {
  cloudflareApiToken: "an API token that may edit the zone's DNS records",
  tsigSecret: "the base64 secret of the TSIG key",
  vrrpPassword: "1 to 8 printable characters",
  datadogApiKey: "an API key of the organisation",
  datadogAppKey: "an application key that may write logs configuration, metrics, dashboards and monitors",
} as const;

export type SecretKey = keyof typeof secretKeys;

export const secretNames = Object.keys(secretKeys) as SecretKey[];

/** The command that sets a secret. Pulumi then asks for the value, so that it stays out of the shell's history. */
export function setCommand(key: SecretKey): string {
  return `pulumi config set --secret ${namespace}:${key}`;
}

const howToSet = (key: SecretKey) => `Run \`${setCommand(key)}\` and enter ${secretKeys[key]}.`;

/** Who serves the zone, as far as the configuration says. */
export function providerOf(draft: Draft): "cloudflare" | "rfc2136" | undefined {
  const named = draft.text("endpoint", "provider");
  if (named === "cloudflare" || named === "rfc2136") {
    return named;
  }
  const given = (["cloudflare", "rfc2136"] as const).filter((name) => draft.value("endpoint", name) !== undefined);
  return given.length === 1 ? given[0] : undefined;
}

/** Why a stack needs a secret; undefined where it does not. */
function neededFor(key: SecretKey, draft: Draft): string | undefined {
  switch (key) {
    case "cloudflareApiToken":
      return providerOf(draft) === "cloudflare" ? "Cloudflare serves the zone" : undefined;
    case "tsigSecret":
      return providerOf(draft) === "rfc2136" ? "the name server takes signed updates" : undefined;
    case "vrrpPassword":
      return draft.number(["virtualIp", "vrrpVersion"], 3) === 2 ? "VRRP version 2 is chosen" : undefined;
    default:
      return "the agent and the pipeline are built in Datadog";
  }
}

/** What is wrong with a secret's value, never the value itself. */
function whyIllegal(key: SecretKey, value: string): Pick<Mistake, "what" | "remedy"> | undefined {
  if (isPlaceholder(value)) {
    return { what: "still holds a placeholder", remedy: howToSet(key) };
  }
  if (key === "vrrpPassword") {
    if (value.length > 8) {
      return {
        what: `has ${value.length} characters, of which Keepalived would use the first 8 and say nothing`,
        remedy: howToSet(key),
      };
    }
    return /^[!#-[\]-~]+$/.test(value)
      ? undefined
      : { what: 'has a space, a " or \\, or a character outside ASCII', remedy: howToSet(key) };
  }
  if (key === "cloudflareApiToken" && /^[0-9a-f]{37}$/.test(value)) {
    return { what: "is a Global API Key, which is not an API token", remedy: howToSet(key) };
  }
  if (key === "tsigSecret" && !/^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) {
    return { what: "is not base64", remedy: `${howToSet(key)} It is the \`secret\` of the key's file (tsig-keygen).` };
  }
  if (/\s/.test(value)) {
    return { what: "has white space in it", remedy: howToSet(key) };
  }
  return /^[!-~]*$/.test(value)
    ? undefined
    : { what: "has a character that is not printable ASCII", remedy: howToSet(key) };
}

/** The secrets' mistakes: missing, in plain text, placeholders, illegal. No message holds a secret. */
export function checkSecrets(source: Source, draft: Draft): Mistake[] {
  return secretNames.flatMap((key): Mistake[] => {
    const value = source.texts.get(key);
    const need = neededFor(key, draft);
    if (value === undefined) {
      return need === undefined ? [] : [{ key: keyOf([key]), what: `is missing: ${need}`, remedy: howToSet(key) }];
    }
    const mistakes: Mistake[] = [];
    if (!source.isSecret(key)) {
      mistakes.push({
        key: keyOf([key]),
        what: `is a secret, but stands in plain text in Pulumi.${source.stack}.yaml`,
        remedy: `${howToSet(key)} If that file was ever shared, have the secret changed where it was made.`,
      });
    }
    if (key === "vrrpPassword" && need === undefined) {
      mistakes.push({
        key: keyOf([key]),
        what: "is set, but VRRP version 3 has no passwords",
        remedy: `Run \`pulumi config rm ${namespace}:${key}\`, or choose kube-control:virtualIp.vrrpVersion 2.`,
      });
    } else {
      const illegal = whyIllegal(key, value);
      if (illegal !== undefined) {
        mistakes.push({ key: keyOf([key]), ...illegal });
      }
    }
    return mistakes;
  });
}
