import { isIPv4 } from "node:net";
import { Refusal } from "./envelope";

export interface Zone {
  readonly id: string;
  readonly name: string;
  /** Enterprise zones take a TTL from 30 s. Default: false. */
  readonly enterprise?: boolean;
}

/** What a client may write of an A record. */
export interface RecordFields {
  readonly name: string;
  readonly type: "A";
  readonly content: string;
  readonly ttl: number;
  readonly proxied: boolean;
  readonly comment: string | null;
  readonly tags: readonly string[];
  readonly settings: Readonly<Record<string, boolean>>;
}

type Body = Readonly<Record<string, unknown>>;

const defaults: Pick<RecordFields, "ttl" | "proxied" | "comment" | "tags" | "settings"> = {
  ttl: 1,
  proxied: false,
  comment: null,
  tags: [],
  settings: {},
};

/** The fields the published API lets a client send for an A record. */
const known = new Set(["name", "type", "content", "ttl", "proxied", "comment", "tags", "settings"]);
const knownSettings = new Set(["ipv4_only", "ipv6_only"]);

export function parseBody(body: Buffer): Body {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal(400, 9207, "Request body is invalid.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(400, 9207, "Request body is invalid.");
  }
  return value as Body;
}

/**
 * A whole record from a request's body. `before` given: PATCH, what the body leaves out stays. Without it: POST and PUT,
 * what the body leaves out takes its default, and name, type and content must be there.
 */
export function recordFrom(body: Body, zone: Zone, before?: RecordFields): RecordFields {
  for (const field of Object.keys(body)) {
    if (!known.has(field)) {
      throw invalid(`unknown field "${field}"`);
    }
  }
  const base: Partial<RecordFields> = before ?? defaults;
  const proxied = typed(body, "proxied", "boolean", base.proxied);
  const ttl = typed(body, "ttl", "number", base.ttl);
  checkTtl(ttl, zone);
  const type = typed(body, "type", "string", base.type);
  if (type !== "A") {
    throw new Refusal(
      400,
      9000,
      `DNS record type "${type}" is not served by this stand-in, which knows A records only.`,
    );
  }
  const content = typed(body, "content", "string", base.content);
  if (!isIPv4(content)) {
    throw new Refusal(400, 9005, "Content for A record must be a valid IPv4 address.");
  }
  if (proxied && isPrivate(content)) {
    throw new Refusal(400, 9003, `Target ${content} is not allowed for a proxied record.`);
  }
  return {
    name: fullName(typed(body, "name", "string", base.name), zone),
    type,
    content,
    // the edge chooses the TTL of a proxied record
    ttl: proxied ? 1 : ttl,
    proxied,
    comment: commentFrom(body, base.comment ?? null),
    tags: tagsFrom(body, base.tags ?? []),
    settings: settingsFrom(body, base.settings ?? {}),
  };
}

function invalid(detail: string): Refusal {
  return new Refusal(400, 9207, `Request body is invalid: ${detail}.`);
}

interface Types {
  string: string;
  number: number;
  boolean: boolean;
}

function typed<K extends keyof Types>(body: Body, field: string, type: K, fallback: Types[K] | undefined): Types[K] {
  const value = body[field];
  if (value === undefined) {
    if (fallback === undefined) {
      throw invalid(`field "${field}" is required`);
    }
    return fallback;
  }
  if (typeof value !== type) {
    throw invalid(`field "${field}" must be a ${type}`);
  }
  return value as Types[K];
}

function checkTtl(ttl: number, zone: Zone): void {
  const least = zone.enterprise ? 30 : 60;
  if (!Number.isInteger(ttl) || (ttl !== 1 && (ttl < least || ttl > 86400))) {
    throw new Refusal(400, 9021, `Invalid TTL. Must be between ${least} and 86,400 seconds, or 1 for Automatic.`);
  }
}

/** Names are completed by the zone, as Cloudflare does: `kube-control` is `kube-control.<zone>`, `@` the zone itself. */
export function fullName(name: string, zone: Zone): string {
  const lower = name.toLowerCase().replace(/\.$/, "");
  const full =
    lower === "@"
      ? zone.name
      : lower === zone.name || lower.endsWith(`.${zone.name}`)
        ? lower
        : `${lower}.${zone.name}`;
  const labels = full.split(".");
  const legal = labels.every((label, i) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label) || (i === 0 && label === "*"));
  if (full.length > 253 || !legal) {
    throw new Refusal(400, 9000, "DNS name is invalid.");
  }
  return full;
}

function commentFrom(body: Body, before: string | null): string | null {
  const value = body["comment"];
  if (value === undefined) {
    return before;
  }
  if (value !== null && typeof value !== "string") {
    throw invalid('field "comment" must be a string');
  }
  if (value !== null && value.length > 500) {
    throw new Refusal(400, 9313, "DNS record comment is too long.");
  }
  return value === "" ? null : value;
}

function tagsFrom(body: Body, before: readonly string[]): readonly string[] {
  const value = body["tags"];
  if (value === undefined) {
    return before;
  }
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === "string")) {
    throw invalid('field "tags" must be an array of strings');
  }
  return value;
}

function settingsFrom(body: Body, before: Readonly<Record<string, boolean>>): Readonly<Record<string, boolean>> {
  const value = body["settings"];
  if (value === undefined) {
    return before;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalid('field "settings" must be an object');
  }
  for (const [name, setting] of Object.entries(value)) {
    if (!knownSettings.has(name)) {
      throw invalid(`unknown field "settings.${name}"`);
    }
    if (typeof setting !== "boolean") {
      throw invalid(`field "settings.${name}" must be a boolean`);
    }
  }
  return value as Record<string, boolean>;
}

/** Private, loopback and link-local addresses cannot be proxied. */
export function isPrivate(address: string): boolean {
  const [a = 0, b = 0] = address.split(".").map(Number);
  return (
    a === 0 ||
    a === 10 ||
    a === 127 ||
    (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168)
  );
}
