import { createHmac } from "node:crypto";
import { knownHostsName } from "./known-hosts";

/** One line of a known_hosts file. */
interface Line {
  readonly marker?: string;
  readonly patterns: string;
  readonly type: string;
  readonly key: string;
}

function parseLine(line: string): Line | undefined {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith("@") ? words.shift() : undefined;
  const [patterns, type, key] = words;
  return patterns === undefined || patterns.startsWith("#") || type === undefined || key === undefined
    ? undefined
    : { marker, patterns, type, key };
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i");
}

/** Whether a line's first field matches this host. It is a hash of one name, or a list of patterns; `!` excludes. */
function names(patterns: string, host: string): boolean {
  const [, salt, hash] = /^\|1\|([^|]+)\|([^|]+)$/.exec(patterns) ?? [];
  if (salt !== undefined && hash !== undefined) {
    return createHmac("sha1", Buffer.from(salt, "base64")).update(host).digest("base64") === hash;
  }
  const all = patterns.split(",");
  const matches = (pattern: string) => wildcard(pattern).test(host);
  return all.some(matches) && !all.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1)));
}

/**
 * Key types in the order of preference. The command plugin offers a host only the type of the pinned key. For
 * `ssh-rsa`, the signature then uses SHA-1, which sshd refuses since OpenSSH 8.8, so an RSA key is used only if there
 * is no other.
 */
const preference = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa"];

/** A host's best key in a known_hosts file, or why it contains no usable key. */
export type PinnedKey = { readonly hostKey: string } | { readonly missing: "unknown" | "certified" | "revoked" };

export function pinnedKey(knownHosts: string, address: string, port: number): PinnedKey {
  const lines = knownHosts
    .split("\n")
    .map(parseLine)
    .filter((line) => line !== undefined)
    .filter((line) => names(line.patterns, knownHostsName(address, port)));
  const revoked = new Set(lines.filter((line) => line.marker === "@revoked").map((line) => line.key));
  const plain = lines.filter((line) => line.marker === undefined && preference.includes(line.type));
  const best = plain
    .filter((line) => !revoked.has(line.key))
    .sort((one, other) => preference.indexOf(one.type) - preference.indexOf(other.type))[0];
  if (best !== undefined) {
    return { hostKey: `${best.type} ${best.key}` };
  }
  const certified = lines.some((line) => line.marker === "@cert-authority");
  return { missing: revoked.size > 0 ? "revoked" : certified ? "certified" : "unknown" };
}
