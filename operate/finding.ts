/** Severity of a finding: clients reach no API server; something is broken; a fact is missing; information only. */
export type Level = "down" | "degraded" | "unknown" | "note";

/** The most severe first. */
export const levels: readonly Level[] = ["down", "degraded", "unknown", "note"];

/** A problem, or information for the operator. */
export interface Finding {
  readonly level: Level;
  /** The host that has the problem; omitted for a problem of the stack. */
  readonly host?: string;
  /** What is wrong. */
  readonly what: string;
  /** What to do. */
  readonly todo: string;
}

/** One part of the stack in a round: its findings and its facts. */
export interface Subject {
  readonly name: string;
  /** Text of its line if it has no problem. */
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
  const todo = "Log in there and check it by hand. docs/status.md describes each line.";
  return { level: "unknown", host, what: `${host} did not report ${what}`, todo };
}
