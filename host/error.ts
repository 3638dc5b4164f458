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
