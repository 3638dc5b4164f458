import type { Refusal } from "../../host/refusal";
import type { LogListener } from "./conf";

/** Mistakes in an agent's listeners. */
export function refusals(logs: readonly LogListener[]): Refusal[] {
  const refusal = (what: string, remedy: string): Refusal => ({ path: ["logs"], what, remedy });
  const all: Refusal[] = [];
  if (logs.length === 0) {
    all.push(refusal("has no listener", "List one or more: name, type, port, service, source."));
  }
  for (const { name, port } of logs) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
      const what = `${JSON.stringify(name)} is not a valid name of a listener`;
      all.push(refusal(what, "Use 1 to 64 letters, digits, _ and -."));
    }
    if (!Number.isInteger(port) || port < 1 || port > 65535) {
      all.push(refusal(`the port of ${name} is ${port}`, "Set it to a whole number from 1 to 65535."));
    }
  }
  const keys = {
    "the name": logs.map((listener) => listener.name),
    "the port": logs.map(({ type, port }) => `${port}/${type}`),
  };
  for (const [what, values] of Object.entries(keys)) {
    const twice = values.find((value, index) => values.indexOf(value) !== index);
    if (twice !== undefined) {
      all.push(refusal(`uses ${what} ${twice} twice`, "Give each listener its own."));
    }
  }
  return all;
}
