import type { z } from "zod";
import * as field from "../fields";
import { namespace } from "../mistakes";
import { isPlaceholder, placeholderMistake } from "../placeholder";

/** The settings that must be encrypted, and what to enter for each. */
const values = {
  cloudflareApiToken: "an API token that may edit the zone's DNS records",
  tsigSecret: "the base64 secret of the TSIG key",
  vrrpPassword: "the password of VRRP version 2, 1 to 8 printable characters",
  s3SecretAccessKey: "the secret part of the access key in backup.s3.accessKeyId",
  datadogApiKey: "an API key of the organisation",
  datadogAppKey: "an application key that may write logs configuration, metrics, dashboards and monitors",
} as const;

export type SecretKey = keyof typeof values;

export const secretNames = Object.keys(values) as SecretKey[];

/** The command that sets a secret. Pulumi then asks for the value, which stays out of the shell's history. */
export function setCommand(key: SecretKey): string {
  return `pulumi config set --secret ${namespace}:${key}`;
}

export const howToSet = (key: SecretKey) => `Run \`${setCommand(key)}\` and enter ${values[key]}.`;

function whyNoToken(value: string): string | undefined {
  if (/\s/.test(value)) {
    return "contains white space";
  }
  return /^[!-~]*$/.test(value) ? undefined : "has a character that is not printable ASCII";
}

function whyNoCloudflareToken(value: string): string | undefined {
  return /^[0-9a-f]{37}$/.test(value) ? "is a Global API Key, which is not an API token" : whyNoToken(value);
}

function whyNoBase64(value: string): string | undefined {
  return /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value) ? undefined : "is not base64";
}

interface Secret {
  /** When it is required, for docs/settings.md. */
  readonly needed: string;
  /** Why a text cannot be the secret; undefined if it can. */
  readonly why?: (value: string) => string | undefined;
  /** Addition to the remedy. */
  readonly more?: string;
  readonly source?: string;
}

function secret(key: SecretKey, { needed, why, more = "", source }: Secret): z.ZodOptional<z.ZodString> {
  const what = values[key];
  return field
    .explained(
      (value) => (why === undefined ? undefined : isPlaceholder(value) ? placeholderMistake : why(value)),
      `${howToSet(key)}${more}`,
    )
    .optional()
    .meta({ description: `${what[0]?.toUpperCase()}${what.slice(1)}.`, unset: needed, source, secret: true });
}

const needed = "required";

export const secrets = {
  cloudflareApiToken: secret("cloudflareApiToken", {
    needed: "required with `endpoint.cloudflare`",
    why: whyNoCloudflareToken,
    source: "https://developers.cloudflare.com/fundamentals/api/get-started/create-token/",
  }),
  tsigSecret: secret("tsigSecret", {
    needed: "required with `endpoint.rfc2136`",
    why: whyNoBase64,
    more: " It is the `secret` of the key's file (tsig-keygen).",
    source: "https://www.rfc-editor.org/rfc/rfc8945",
  }),
  // settings/secrets.ts checks its text, if VRRP version 2 is used
  vrrpPassword: secret("vrrpPassword", {
    needed: "required with `virtualIp.vrrpVersion` 2",
    source: "https://www.keepalived.org/manpage.html",
  }),
  s3SecretAccessKey: secret("s3SecretAccessKey", {
    needed: "required with `backup.s3`",
    why: whyNoToken,
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html",
  }),
  datadogApiKey: secret("datadogApiKey", {
    needed,
    why: whyNoToken,
    source: "https://docs.datadoghq.com/account_management/api-app-keys/",
  }),
  datadogAppKey: secret("datadogAppKey", {
    needed,
    why: whyNoToken,
    source: "https://docs.datadoghq.com/account_management/api-app-keys/",
  }),
} satisfies Record<SecretKey, z.ZodType>;
