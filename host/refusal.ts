import { UserError } from "./error";

/** A mistake in a component's arguments. */
export interface Refusal {
  /** The argument, e.g. `["nodes", 1, "priority"]`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong with it, to be read after the argument's name. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** How a message names an argument: the settings use their own keys. */
export type NameOf = (path: readonly PropertyKey[]) => string;

/** `nodes[1].priority` for `["nodes", 1, "priority"]`. */
export const argumentName: NameOf = (path) =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .slice(1);

/** @throws UserError with the first refusal, where there is one */
export function refuse(component: string, [first]: readonly Refusal[]): void {
  if (first !== undefined) {
    throw new UserError(first.what, `${component}.${argumentName(first.path)}`, first.remedy);
  }
}
