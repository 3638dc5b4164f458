/** What is in the place of a secret. */
const masked = "[masked]";

/** Each with the group that is kept before the secret, where there is one. The list is that of files.sh. */
const secrets: readonly RegExp[] = [
  // VRRP
  /(auth_pass[^\S\n]+)[^\n]*/g,
  // Pulumi
  /(\bsecure["']?:[^\S\n]*)[^\n]*/g,
  /(\b(?:encryptionsalt|encryptedkey)["']?:[^\S\n]*)[^\n]*/g,
  // Datadog
  /(\b\w*(?:api|app|application)[_-]?key\w*\\?["']?[=: ]+\\?["']?)(?!\[masked)[^\]"',\s\\]+/gi,
  // Kubernetes
  /(bearer[^\S\n]+)[^\s"',]+/gi,
  /()\beyJ[\w-]{8,}\.[\w.-]+/g,
  /()\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g,
  /(certificate-?key\\?["']?[=: ]+\\?["']?)[0-9a-f]{32,}/gi,
  /((?:client-key-data|client-certificate-data|token|password|passwd|passphrase|secret)\\?["']?[^\S\n]*[=:][^\S\n]*\\?["']?)(?!\[masked)[^\]"',\s\\]+/gi,
  // credentials in addresses
  /(:\/\/)[^/@\s]+(?=@)/g,
  // a key of Datadog by itself: 32 or 40 digits
  /()\b(?:[0-9a-f]{32}|[0-9a-f]{40})\b/g,
];

/** Masks the secrets in a text: of a file, a journal, an output. It rather masks too much. */
export function mask(text: string): string {
  return secrets.reduce(
    (left, secret) => left.replace(secret, (_whole, kept: string) => `${kept}${masked}`),
    withoutPrivateKeys(text),
  );
}

/** A private key in several lines or in one; where its end is missing, all that follows is masked. */
function withoutPrivateKeys(text: string): string {
  return text.replace(
    /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$(?![^]))/g,
    "[masked private key]",
  );
}
