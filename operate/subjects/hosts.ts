import { fact } from "../facts";
import { type Finding, listed, type Subject } from "../finding";
import type { Reading, View } from "../view";

/** Hosts that do not answer, and hosts whose output is incomplete. */
export function hosts({ readings }: View): Subject {
  const silent = readings.filter(({ kind }) => kind !== "answered");
  return {
    name: "hosts",
    summary: silent.length === 0 ? `all ${readings.length} answer` : `${readings.length - silent.length} answer`,
    findings: readings.flatMap(findingsOf),
    facts: readings.map((reading) => ({
      name: reading.host.name,
      address: reading.host.address,
      role: reading.host.role,
      answer: reading.kind,
      ...(reading.kind === "answered" ? { late: late(reading) } : { said: reading.said }),
    })),
  };
}

const late = (reading: Reading) => (reading.kind === "answered" ? [...(reading.facts.get("late") ?? [])] : []);

function findingsOf(reading: Reading): Finding[] {
  const { name, address } = reading.host;
  switch (reading.kind) {
    case "unreachable":
      return [
        {
          level: "degraded",
          host: name,
          what: `${name} (${address}) does not answer: ${reading.said}`,
          todo: "Check its console. Start it, or correct its network. `pulumi up` continues without it.",
        },
      ];
    case "failed":
      return [
        {
          level: "degraded",
          host: name,
          what: `${name} (${address}) could not be read: ${reading.said}`,
          todo: "Log in there by hand, and correct what SSH or sudo reports.",
        },
      ];
    case "answered": {
      const missing = late(reading);
      if (missing.length > 0) {
        return [
          {
            level: "unknown",
            host: name,
            what: `${name} did not report in time: ${listed(missing)}`,
            todo: "Check its load and its disk: a command hangs there.",
          },
        ];
      }
      return fact(reading.facts, "complete") !== "yes"
        ? [
            {
              level: "unknown",
              host: name,
              what: `the output of ${name} is incomplete`,
              todo: "Run this again. If the finding remains, check the host.",
            },
          ]
        : [];
    }
  }
}
