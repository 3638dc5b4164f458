import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { DialledHost } from "./host";
import { clockOf, parseFacts, type Clock, type Expectation, type Facts } from "./facts";
import { sessionOf } from "./session";
import { shellAssignments } from "./shell";
import { runOverSsh, targetOf, type Answer } from "./ssh";

/** The script that surveys a host, without its variables. */
export const surveyScript = ["kubernetes-here.sh", "survey.sh"]
  .map((file) => readFileSync(join(__dirname, file), "utf8"))
  .join("\n");

/** Seconds for which a host that does not answer is tried again, because it may be starting. */
const patienceSeconds = 30;

/** A host, and what the survey checks on it. */
export interface Surveyed extends Expectation {
  readonly host: DialledHost;
}

/** The results of a survey. */
export interface Survey {
  /** By host. A host that does not answer is not in it. */
  readonly facts: Readonly<Record<string, Facts>>;
  readonly clocks: readonly Clock[];
  /** Why a host that answers could not be surveyed, by host. */
  readonly failures: Readonly<Record<string, string>>;
}

/**
 * Reads the facts of all hosts at the same time, over OpenSSH, and changes no host. A host that does not answer is
 * marked in its session. Nothing is stored in the state, so that the next run checks every host again. A preview
 * connects to no host.
 *
 * @param fqdn the control plane's name
 */
export async function survey(hosts: readonly Surveyed[], fqdn: string): Promise<Survey> {
  const facts: Record<string, Facts> = {};
  const clocks: Clock[] = [];
  const failures: Record<string, string> = {};
  if (pulumi.runtime.isDryRun()) {
    return { facts, clocks, failures };
  }
  await Promise.all(
    hosts.map(async (one) => {
      const answer = await ask(one, fqdn);
      switch (answer.kind) {
        case "answered": {
          const seen: Facts = { ...parseFacts(answer.output), greeting: answer.greeting.trim() };
          const clock = clockOf(one.name, seen["time"] ?? "", answer.begun);
          facts[one.name] = seen;
          if (clock === undefined) {
            failures[one.name] =
              `date +%s printed ${JSON.stringify((seen["time"] ?? "").slice(0, 60))}: this is not a time`;
          } else {
            clocks.push(clock);
          }
          return;
        }
        case "unreachable":
          sessionOf(one.host).markUnreachable(answer.said);
          return;
        case "failed":
          failures[one.name] = `the check over SSH failed: ${answer.said}`;
      }
    }),
  );
  return { facts, clocks, failures };
}

async function ask(
  { host, tcpPorts, udpPorts, packages, aptSource, resolvConf, shares }: Surveyed,
  fqdn: string,
): Promise<Answer> {
  const variables = {
    TCP_PORTS: Object.keys(tcpPorts).join(" "),
    UDP_PORTS: Object.keys(udpPorts).join(" "),
    PACKAGES: Object.entries(packages)
      .map((one) => one.join(":"))
      .join(" "),
    FQDN: fqdn,
    APT_SOURCE: aptSource ?? "",
    RESOLV_CONF: resolvConf ?? "",
    VIRTUAL_IP: shares?.virtualIp ?? "",
    PEERS: shares?.with.join(" ") ?? "",
  };
  const target = targetOf(host);
  const text = `${shellAssignments(variables)}${surveyScript}`;
  const first = await runOverSsh(target, text, { seconds: 60, patienceSeconds: 0 });
  if (first.kind !== "unreachable") {
    return first;
  }
  void pulumi.log.info(`${host.name} does not answer (${first.said}); trying again for ${patienceSeconds} s`);
  return runOverSsh(target, text, { seconds: 60, patienceSeconds });
}
