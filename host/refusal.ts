import type * as pulumi from "@pulumi/pulumi";
import { argumentError } from "./argument";

/** A mistake in a component's arguments. */
export interface Refusal {
  /** The argument, e.g. `["nodes", 1, "priority"]`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong with it, to be read after the argument's name. */
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The name of an argument in messages. For settings, it is the setting's key. */
export type NameOf = (path: readonly PropertyKey[]) => string;

/** `nodes[1].priority` for `["nodes", 1, "priority"]`. */
export const argumentName: NameOf = (path) =>
  path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .slice(1);

/** @throws ResourceError with the first refusal, if there is one */
export function refuse(component: pulumi.ComponentResource, name: string, [first]: readonly Refusal[]): void {
  if (first !== undefined) {
    throw argumentError(component, `${name}.${argumentName(first.path)}`, first.what, first.remedy);
  }
}
