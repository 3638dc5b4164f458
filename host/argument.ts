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
  // Pulumi's SDK prints an error that ends a program with all its properties, here the component and all that it refers
  // to.
  return Object.defineProperty(error, inspect.custom, { value: () => message });
}

/**
 * Returns the address unchanged.
 *
 * @throws ResourceError if it is not an IPv4 address
 */
export function ipv4(component: pulumi.ComponentResource, where: string, address: string): string {
  if (isIPv4(address)) return address;
  const what = `${JSON.stringify(address)} is not an IPv4 address`;
  throw argumentError(component, where, what, "Give an address as 192.0.2.10.");
}

/**
 * Checks an IPv4 address. An output is checked when its value is known: at the start of `up`, or when the resource that
 * it comes from is created.
 *
 * @throws ResourceError if it is not an IPv4 address
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

/** Runs a check of a component's arguments, and converts its UserError to a ResourceError of the component. */
export function argumentsChecked<T>(component: pulumi.ComponentResource, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof UserError) throw resourceError(component, error.message);
    throw error;
  }
}

/** The named arguments as a component's inputs in the state. Other properties of the object are not stored. */
export function inputsOf<T extends object>(args: T, fields: readonly (keyof T & string)[]): pulumi.Inputs {
  return Object.fromEntries(fields.map((field) => [field, args[field]]));
}

/** Checks the addresses of hosts, or of other machines. */
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
