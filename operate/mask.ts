/** The text that replaces a secret. */
const masked = "[masked]";

/** Patterns of secrets. Group 1 is the text before the secret, which is kept. files.sh masks the same kinds of secrets. */
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
  // a Datadog key without a name: 32 or 40 hexadecimal digits
  /()\b(?:[0-9a-f]{32}|[0-9a-f]{40})\b/g,
];

/** Masks the secrets in a file, a journal or an output. It may also mask other texts. */
export function mask(text: string): string {
  return secrets.reduce(
    (left, secret) => left.replace(secret, (_whole, kept: string) => `${kept}${masked}`),
    withoutPrivateKeys(text),
  );
}

/** Masks private keys, in one line or several. If the end of a key is missing, the rest of the text is masked. */
function withoutPrivateKeys(text: string): string {
  return text.replace(
    /-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$(?![^]))/g,
    "[masked private key]",
  );
}
