/**
 * How bad a finding is: clients reach no API server; something is broken; a fact is missing; a person should know it, and
 * nothing is broken.
 */
export type Level = "down" | "degraded" | "unknown" | "note";

/** From the worst. */
export const levels: readonly Level[] = ["down", "degraded", "unknown", "note"];

/** Something that is not as it should be. */
export interface Finding {
  readonly level: Level;
  /** The host that it is about; left out where it is about the stack. */
  readonly host?: string;
  /** What is wrong. */
  readonly what: string;
  /** What to do. */
  readonly todo: string;
}

/** One subject of a round: what is wrong with it, and what it looks like. */
export interface Subject {
  readonly name: string;
  /** A few words for a person, of what is right. */
  readonly summary: string;
  readonly findings: readonly Finding[];
  /** For `--json`; docs/status.md lists the fields. */
  readonly facts: unknown;
}

/** `a, b and c` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** A finding of a host whose facts are missing. */
export function unknown(host: string, what: string): Finding {
  return { level: "unknown", host, what: `${host} did not say ${what}`, todo: `Look there by hand: docs/status.md.` };
}
