import * as pulumi from "@pulumi/pulumi";

/** What is wrong, where, and what to do. */
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
      if (!isMistake(error)) {
        throw error;
      }
      // without the component of a ResourceError: Pulumi would wait until it is registered, and so for what it depends on
      await pulumi.log.error(error.message);
      process.exit(actionableExitCode);
    }
  };
}

function isMistake(error: unknown): error is Error {
  return error instanceof UserError || (pulumi.ResourceError.isInstance(error) && error.hideStack === true);
}
