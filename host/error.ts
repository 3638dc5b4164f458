import * as pulumi from "@pulumi/pulumi";

/**
 * A mistake that the user can mend: the message says what is wrong, where, and what to do. Pulumi prints it without a
 * stack trace, because it is a {@link pulumi.RunError}.
 */
export class UserError extends pulumi.RunError {
  constructor(what: string, where?: string, whatToDo?: string) {
    super(
      [where === undefined ? what : `${where}: ${what}`, whatToDo].filter((part) => part !== undefined).join("\n  "),
    );
    this.name = "UserError";
  }
}

/** The exit code that Pulumi takes for that of a program that has said what is wrong. */
export const actionableExitCode = 32;

/**
 * Runs the program. A mistake that the user can correct ends it with its message alone: of an error that an asynchronous
 * program throws, Pulumi's SDK would first render everything that hangs on it, which takes minutes.
 */
export function endingOnMistakes<T>(program: () => Promise<T>): () => Promise<T> {
  return async () => {
    try {
      return await program();
    } catch (error) {
      if (!(error instanceof UserError)) {
        throw error;
      }
      await pulumi.log.error(error.message);
      process.exit(actionableExitCode);
    }
  };
}
