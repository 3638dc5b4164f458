import type { Deployment } from "@pulumi/pulumi/automation";
import { secretMark } from "../../provider/secrets";

interface Resource {
  readonly urn: string;
  readonly parent?: string;
  readonly provider?: string;
  readonly dependencies?: readonly string[];
  readonly inputs?: unknown;
}

/** Values that differ from build to build: ids, digests, times. */
const volatile =
  /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}|\d{6,}|[\w-]{22}|[a-z0-9]{3}-[a-z0-9]{3}-[a-z0-9]{3})\b/g;

/** Certificates: each build creates a new authority. */
const certificate = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

function normal(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(certificate, "CERTIFICATE").replaceAll(volatile, "ID");
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== "object" || value === null) return value;
  // the ciphertext differs at each encryption
  if (secretMark in value) return "secret";
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([key, inner]) => [key, normal(inner)]),
  );
}

/** Each resource of a state by its URN, without ids, times, ciphertexts and certificates. */
export function comparable({ deployment }: Deployment): Map<string, string> {
  const { resources = [] } = deployment as { readonly resources?: readonly Resource[] };
  return new Map(
    resources.map(({ urn, parent, provider, dependencies = [], inputs }) => [
      urn,
      JSON.stringify(normal({ parent, provider, dependencies: [...dependencies].sort(), inputs }), undefined, 1),
    ]),
  );
}

/** The differences between two states, a line each. */
export function differences(wanted: Map<string, string>, found: Map<string, string>): string[] {
  const urns = [...new Set([...wanted.keys(), ...found.keys()])];
  return urns.flatMap((urn) => {
    const [one, other] = [wanted.get(urn), found.get(urn)];
    if (one === other) return [];
    if (one === undefined) return [`${urn}: only after the kills`];
    if (other === undefined) return [`${urn}: only without the kills`];
    const lines = other.split("\n");
    const first = one.split("\n").findIndex((line, index) => line !== lines[index]);
    return [`${urn}: ${one.split("\n")[first]?.trim()} without the kills, ${lines[first]?.trim()} after them`];
  });
}

/** The names that occur more than once. */
export function duplicatesIn(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
