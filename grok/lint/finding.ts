import type { Finding } from "../reports/sarif";
import type { PlacedProcessor } from "../pipeline/definition";

/** A finding in a pipeline file. */
export interface LintFinding extends Finding {
  /** Position and name of the processor, after those of the pipelines that contain it. */
  readonly where?: string;
  /** Name of the match or support rule. */
  readonly rule?: string;
  /** Column in the rule's pattern, from 1. */
  readonly column?: number;
}

/** A finding before its place in the file is known. */
export interface Mistake extends Pick<LintFinding, "level" | "code" | "message" | "rule" | "column"> {
  readonly placed?: PlacedProcessor;
}

/** The processor and the rule of a finding, as the beginning of a message; "" if it has none. */
export function placeIn({ where, rule, column }: Pick<LintFinding, "where" | "rule" | "column">): string {
  const parts = [where, ...(rule === undefined ? [] : [`rule ${rule}`, `column ${column ?? 1}`])];
  const place = parts.filter((part) => part !== undefined).join(", ");
  return place === "" ? "" : `${place}: `;
}
