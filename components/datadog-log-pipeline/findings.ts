import { UserError } from "../../host/error";

/** A mistake in a pipeline. */
export interface Finding {
  /** Which part of the pipeline: `sample 2`. */
  readonly where: string;
  readonly what: string;
  readonly remedy?: string;
}

/** @throws UserError with all findings, if there are any */
export function throwFindings(
  place: string,
  findings: readonly Finding[],
  several: { what: string; remedy: string },
): void {
  const [first, ...others] = findings;
  if (first === undefined) return;
  if (others.length === 0) throw new UserError(first.what, `${place}, ${first.where}`, first.remedy);
  const list = findings.map(({ where, what }, index) => indent(`${index + 1}. ${where}: ${what}`, "  "));
  throw new UserError([`${findings.length} ${several.what}`, ...list].join("\n"), place, several.remedy);
}

export function indent(text: string, by = "    "): string {
  return text.replace(/^/gm, by);
}
