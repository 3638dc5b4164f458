/** An error that a person can correct: what is wrong, where, and what to do. Printed without a stack trace. */
export class LabError extends Error {
  /**
   * @param what what is wrong, and where
   * @param remedy what to do about it
   * @param details output that explains the error, printed indented
   */
  constructor(
    what: string,
    readonly remedy?: string,
    readonly details?: string,
  ) {
    super(what);
    this.name = "LabError";
  }
}

/** The text of an error for the person at the terminal. */
export function explain(error: unknown): string {
  if (error instanceof LabError) {
    const details = (error.details ?? "").trimEnd();
    return [
      `error: ${error.message}`,
      ...(details === "" ? [] : details.split("\n").map((line) => `  | ${line}`)),
      ...(error.remedy === undefined ? [] : [`  ${error.remedy.replaceAll("\n", "\n  ")}`]),
    ].join("\n");
  }
  return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n  This is a defect of the lab.`;
}
