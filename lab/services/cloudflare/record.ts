import { z } from "zod";
import { refusal } from "./answers";

export interface Zone {
  readonly id: string;
  readonly name: string;
}

/** The fields of an A record that a client may write. A field without a default is required. */
const fields = z.strictObject({
  name: z.hostname("DNS name is invalid"),
  type: z.literal("A", "this stand-in implements only A records"),
  content: z.ipv4("must be a valid IPv4 address"),
  ttl: z
    .number()
    .int()
    .refine((ttl) => ttl === 1 || (ttl >= 60 && ttl <= 86_400), "must be 60 to 86400 seconds, or 1 for automatic")
    .default(1),
  proxied: z.literal(false, "this stand-in implements only records that are not proxied").default(false),
  comment: z.string().max(500).nullable().default(null),
  tags: z.array(z.string()).default([]),
  settings: z.strictObject({ ipv4_only: z.boolean(), ipv6_only: z.boolean() }).partial().default({}),
});

export type RecordFields = z.output<typeof fields>;

/** Cloudflare's error codes for invalid fields. */
const codes: Readonly<Record<string, number>> = { name: 9000, type: 9000, content: 9005, ttl: 9021, proxied: 9003 };

/**
 * A complete record from a request's body. With `before` (PATCH), omitted fields keep their values. Without it (POST and PUT),
 * they get their defaults.
 */
export function recordFrom(body: unknown, zone: Zone, before?: RecordFields): RecordFields {
  const complete = before === undefined ? body : { ...fields.strip().parse(before), ...(body as object) };
  const parsed = fields.safeParse(complete);
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: "" }] = parsed.error.issues;
    const field = path.join(".") || "body";
    throw refusal(400, codes[field] ?? 9207, `Request body is invalid: ${field}: ${message}.`);
  }
  return { ...parsed.data, name: fullName(parsed.data.name, zone) };
}

/** Appends the zone to a short name, as Cloudflare does: `kube-control` → `kube-control.<zone>`. */
export function fullName(name: string, zone: Zone): string {
  const lower = name.toLowerCase().replace(/\.$/, "");
  return lower === zone.name || lower.endsWith(`.${zone.name}`) ? lower : `${lower}.${zone.name}`;
}
