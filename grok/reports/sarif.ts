import { isAbsolute, relative, sep } from "node:path";

/** A mistake in a file. */
export interface Finding {
  /** Path of the file. */
  readonly file: string;
  /** Line in the file, from 1. Undefined if it is not known. */
  readonly line?: number;
  readonly level: "error" | "hint";
  /** Name of the kind of finding, such as `identical-rule`. */
  readonly code: string;
  readonly message: string;
}

/**
 * Findings as SARIF 2.1.0, which GitHub and editors show beside the files. Paths are relative to the current folder.
 *
 * @see https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
 */
export function sarif(findings: readonly Finding[]): string {
  const codes = [...new Set(findings.map(({ code }) => code))].sort();
  const log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "grok", rules: codes.map((id) => ({ id })) } },
        results: findings.map(({ file, line = 1, level, code, message }) => ({
          ruleId: code,
          level: level === "error" ? "error" : "note",
          message: { text: message },
          locations: [{ physicalLocation: { artifactLocation: { uri: uriOf(file) }, region: { startLine: line } } }],
        })),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function uriOf(file: string): string {
  const path = isAbsolute(file) ? relative(process.cwd(), file) : file;
  return path.split(sep).map(encodeURIComponent).join("/");
}
