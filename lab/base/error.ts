/** Something a person can correct: what is wrong, where, and what to do about it. Printed without a stack trace. */
export class LabError extends Error {
  /**
   * @param what what is wrong, with the thing it is wrong with
   * @param remedy what to do about it
   * @param details output that explains it, shown indented
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

/** What a person gets to read of an error. */
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
