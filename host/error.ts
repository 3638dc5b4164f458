import * as pulumi from "@pulumi/pulumi";

/** A message that says what is wrong, where, and what to do. */
export function mistakeMessage(what: string, where?: string, whatToDo?: string): string {
  return [where === undefined ? what : `${where}: ${what}`, whatToDo].filter((part) => part !== undefined).join("\n  ");
}

/**
 * A mistake that the user can correct: the message says what is wrong, where, and what to do. Pulumi prints it without a
 * stack trace, because it is a {@link pulumi.RunError}. A mistake in a component's arguments is a `pulumi.ResourceError`.
 */
export class UserError extends pulumi.RunError {
  constructor(what: string, where?: string, whatToDo?: string) {
    super(mistakeMessage(what, where, whatToDo));
    this.name = "UserError";
  }
}

/** With this exit code, Pulumi assumes that the program has already printed what is wrong. */
export const actionableExitCode = 32;

/**
 * Runs the program. If it throws a mistake that the user can correct, only its message is printed. If an asynchronous
 * program throws an error, Pulumi's SDK first prints everything that the error refers to, which takes minutes.
 */
export function endingOnMistakes<T>(program: () => Promise<T>): () => Promise<T> {
  return async () => {
    try {
      return await program();
    } catch (error) {
      if (!isMistake(error)) {
        throw error;
      }
      // do not pass the component of a ResourceError: Pulumi would wait until it is registered, after all its
      // dependencies
      await pulumi.log.error(error.message);
      process.exit(actionableExitCode);
    }
  };
}

function isMistake(error: unknown): error is Error {
  return error instanceof UserError || (pulumi.ResourceError.isInstance(error) && error.hideStack === true);
}
