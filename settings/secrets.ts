import { whyUnfitPassword } from "../components/haproxy-pair";
import { refusals } from "../components/haproxy-pair/refusals";
import type { Refusal } from "../host/refusal";
import { providerOf } from "./endpoint";
import { namespace } from "./mistakes";
import { isPlaceholder, placeholderMistake } from "./placeholder";
import type { StackConfiguration } from "./schema";
import { howToSet, type SecretKey, secretNames } from "./sections/secrets";
import type { Sound } from "./sound";

type Stack = Sound<StackConfiguration>;

/** Why a stack needs a secret; undefined if it does not. */
function neededFor(key: Exclude<SecretKey, "vrrpPassword">, { endpoint, backup }: Stack): string | undefined {
  switch (key) {
    case "cloudflareApiToken":
      return providerOf(endpoint) === "cloudflare" ? "Cloudflare serves the zone" : undefined;
    case "tsigSecret":
      return providerOf(endpoint) === "rfc2136" ? "the name server takes signed updates" : undefined;
    case "s3SecretAccessKey":
      return backup?.s3 === undefined ? undefined : "the copies of backups are uploaded to a bucket";
    default:
      return "the agent and the pipeline are built in Datadog";
  }
}

function checkMissing(key: Exclude<SecretKey, "vrrpPassword">, stack: Stack): Refusal[] {
  const need = neededFor(key, stack);
  // if the secret is invalid, the key exists with the value undefined, and the mistake is already reported
  return need === undefined || key in stack
    ? []
    : [{ path: [key], what: `is missing: ${need}`, remedy: howToSet(key) }];
}

function checkVrrpPassword({ virtualIp, vrrpPassword: password }: Stack): Refusal[] {
  const vrrpVersion = virtualIp?.vrrpVersion;
  if (vrrpVersion === undefined) {
    return [];
  }
  const path = ["vrrpPassword"];
  const [refusal] = refusals({ virtualIp: { vrrpVersion, password } });
  if (refusal !== undefined) {
    const remedy =
      password === undefined
        ? howToSet("vrrpPassword")
        : `Run \`pulumi config rm ${namespace}:vrrpPassword\`, or choose ${namespace}:virtualIp.vrrpVersion 2.`;
    return [{ path, what: refusal.what, remedy }];
  }
  if (password === undefined) {
    return [];
  }
  const what = isPlaceholder(password) ? placeholderMistake : whyUnfitPassword(password);
  return what === undefined ? [] : [{ path, what, remedy: howToSet("vrrpPassword") }];
}

/** Missing secrets, and mistakes in VRRP's password. No message contains a secret. */
export function checkSecrets(stack: Stack): Refusal[] {
  return secretNames.flatMap((key) => (key === "vrrpPassword" ? checkVrrpPassword(stack) : checkMissing(key, stack)));
}
