import { isIPv4 } from "node:net";
import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { mistakeMessage, UserError } from "./error";
import type { Host } from "./host";

/**
 * A mistake in the arguments of a component. Pulumi prints the message beside the component, without a stack trace.
 *
 * @param where the component's name and the argument, e.g. `k8s-managers.nodes`
 */
export function argumentError(
  component: pulumi.ComponentResource,
  where: string,
  what: string,
  whatToDo?: string,
): pulumi.ResourceError {
  return resourceError(component, mistakeMessage(what, where, whatToDo));
}

function resourceError(component: pulumi.ComponentResource, message: string): pulumi.ResourceError {
  const error = new pulumi.ResourceError(message, component, true);
  // Pulumi's SDK renders an error that ends a program, and would render the component with all that hangs on it.
  return Object.defineProperty(error, inspect.custom, { value: () => message });
}

/** Gives an IPv4 address as it is. */
export function ipv4(component: pulumi.ComponentResource, where: string, address: string): string {
  if (isIPv4(address)) return address;
  const what = `${JSON.stringify(address)} is not an IPv4 address`;
  throw argumentError(component, where, what, "Give an address as 192.0.2.10.");
}

/**
 * An IPv4 address. One that is an output is checked as soon as it is known: at the latest at the start of `up`, or when the
 * resource that it comes from is made.
 *
 * @throws ResourceError where it is not an IPv4 address
 */
export function checkedAddress(
  component: pulumi.ComponentResource,
  where: string,
  address: pulumi.Input<string>,
): pulumi.Input<string> {
  return typeof address === "string"
    ? ipv4(component, where, address)
    : pulumi.output(address).apply((known) => ipv4(component, where, known));
}

/** Runs a check of a component's arguments: its UserError becomes the component's ResourceError. */
export function argumentsChecked<T>(component: pulumi.ComponentResource, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof UserError) throw resourceError(component, error.message);
    throw error;
  }
}

/** The named arguments as a component's inputs in the state. What else the object carries stays out of the state. */
export function inputsOf<T extends object>(args: T, fields: readonly (keyof T & string)[]): pulumi.Inputs {
  return Object.fromEntries(fields.map((field) => [field, args[field]]));
}

/** Hosts, or other machines, with their addresses checked. */
export function checkedHosts<T extends Pick<Host, "name" | "address">>(
  component: pulumi.ComponentResource,
  where: string,
  hosts: readonly T[],
): T[] {
  return hosts.map((host) => ({
    ...host,
    address: checkedAddress(component, `${where}, address of ${host.name}`, host.address),
  }));
}
