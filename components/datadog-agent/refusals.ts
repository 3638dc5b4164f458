import type { Refusal } from "../../host/refusal";
import { type AgentChecks, usedChecks } from "./checks";
import type { LogListener } from "./conf";

/** Mistakes in an agent's listeners and checks. */
export function refusals(logs: readonly LogListener[], checks: AgentChecks = {}): Refusal[] {
  return [...listenerRefusals(logs, usedChecks(checks)), ...checkRefusals(checks)];
}

const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65535;

/** @param taken names of the checks, which are also their folders in conf.d */
function listenerRefusals(logs: readonly LogListener[], taken: readonly string[]): Refusal[] {
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
    if (taken.includes(name)) {
      all.push(refusal(`uses the name ${name}, which is the name of a check`, "Give the listener another name."));
    }
    if (!isPort(port)) {
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

function checkRefusals(given: AgentChecks): Refusal[] {
  const { http = [], tls = [], certificateFiles = [], dns = [], directory = [] } = given;
  const lists = { http, tls, certificateFiles, dns, directory } as const;
  const all: Refusal[] = [];
  for (const [list, checks] of Object.entries(lists)) {
    const names = checks.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      all.push({ path: ["checks", list], what: `uses the name ${twice} twice`, remedy: "Give each check its own." });
    }
  }
  for (const { name, port } of tls) {
    if (!isPort(port)) {
      const remedy = "Set it to a whole number from 1 to 65535.";
      all.push({ path: ["checks", "tls"], what: `the port of ${name} is ${port}`, remedy });
    }
  }
  for (const list of ["tls", "certificateFiles"] as const) {
    for (const { name, days } of lists[list]) {
      if (days > 0 && Number.isFinite(days)) continue;
      const remedy = "Set them to a number above 0.";
      all.push({ path: ["checks", list], what: `the days of ${name} are ${days}`, remedy });
    }
  }
  return all;
}
