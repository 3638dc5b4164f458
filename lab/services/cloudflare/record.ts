import { z } from "zod";
import { refusal } from "./answers";

export interface Zone {
  readonly id: string;
  readonly name: string;
}

/** What a client may write of a record: the published fields of an A record. Without a default, a field is required. */
const fields = z.strictObject({
  name: z.hostname("DNS name is invalid"),
  type: z.literal("A", "this stand-in knows A records only"),
  content: z.ipv4("must be a valid IPv4 address"),
  ttl: z
    .number()
    .int()
    .refine((ttl) => ttl === 1 || (ttl >= 60 && ttl <= 86_400), "must be 60 to 86400 seconds, or 1 for automatic")
    .default(1),
  proxied: z.literal(false, "this stand-in knows records only that are not proxied").default(false),
  comment: z.string().max(500).nullable().default(null),
  tags: z.array(z.string()).default([]),
  settings: z.strictObject({ ipv4_only: z.boolean(), ipv6_only: z.boolean() }).partial().default({}),
});

export type RecordFields = z.output<typeof fields>;

/** Cloudflare's codes for what is wrong with a field. */
const codes: Readonly<Record<string, number>> = { name: 9000, type: 9000, content: 9005, ttl: 9021, proxied: 9003 };

/**
 * A whole record from a request's body. `before` given: PATCH, what the body leaves out stays. Without it: POST and PUT,
 * what the body leaves out takes its default.
 */
export function recordFrom(body: unknown, zone: Zone, before?: RecordFields): RecordFields {
  const whole = before === undefined ? body : { ...fields.strip().parse(before), ...(body as object) };
  const parsed = fields.safeParse(whole);
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: "" }] = parsed.error.issues;
    const field = path.join(".") || "body";
    throw refusal(400, codes[field] ?? 9207, `Request body is invalid: ${field}: ${message}.`);
  }
  return { ...parsed.data, name: fullName(parsed.data.name, zone) };
}

/** Names are completed by the zone, as Cloudflare does: `kube-control` is `kube-control.<zone>`. */
export function fullName(name: string, zone: Zone): string {
  const lower = name.toLowerCase().replace(/\.$/, "");
  return lower === zone.name || lower.endsWith(`.${zone.name}`) ? lower : `${lower}.${zone.name}`;
}
