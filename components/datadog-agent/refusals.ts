import type * as pulumi from "@pulumi/pulumi";
import { argumentError } from "../../host/argument";
import type { LogListener } from "./conf";

/** @throws ResourceError where there is no listener, where two share a name or a port, or where a name cannot be a folder */
export function refuseMistakes(component: pulumi.ComponentResource, name: string, logs: readonly LogListener[]): void {
  const where = `${name}.logs`;
  if (logs.length === 0) {
    throw argumentError(component, where, "has no listener", "List one or more: name, type, port, service, source.");
  }
  for (const listener of logs) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(listener.name)) {
      throw argumentError(
        component,
        where,
        `${JSON.stringify(listener.name)} is not a valid name of a listener`,
        "Use 1 to 64 letters, digits, _ and -.",
      );
    }
    if (!Number.isInteger(listener.port) || listener.port < 1 || listener.port > 65535) {
      throw argumentError(
        component,
        where,
        `the port of ${listener.name} is ${listener.port}`,
        "Set it to a whole number from 1 to 65535.",
      );
    }
  }
  const keys = {
    "the name": logs.map((listener) => listener.name),
    "the port": logs.map(({ type, port }) => `${port}/${type}`),
  };
  for (const [what, values] of Object.entries(keys)) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) {
      throw argumentError(component, where, `uses ${what} ${twice} twice`, "Give each listener its own.");
    }
  }
}
