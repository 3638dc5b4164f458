import { cleanUp } from "../../host/clean-up";
import type { Expectation, Facts } from "../../host/facts";

/** The name of the agent's container. */
const agent = "dd-agent";

/**
 * Problems of a monitor's Docker, a line each, with what to do.
 *
 * @param cluster `FQDN:PORT`
 */
export function monitorFindings({ name, udpPorts }: Expectation, facts: Facts, cluster: string): string[] {
  const findings: string[] = [];
  if (facts["docker"] === "silent") {
    findings.push(
      `${name}: Docker does not answer. Run systemctl status docker there, or remove Docker: kube-control then installs it.`,
    );
  }
  if (facts["docker"] === "snap") {
    findings.push(
      `${name}: has Docker as a snap, whose containers cannot mount files below /opt. If nobody needs it, run there: ` +
        "sudo snap remove docker. kube-control then installs the package docker.io.",
    );
  }
  const greeting = facts["greeting"] ?? "";
  if (greeting !== "") {
    findings.push(
      `${name}: a start file of the SSH user's login shell prints ${JSON.stringify(greeting.slice(0, 60))}: the docker ` +
        "provider reads this text as an answer of Docker. Let it print in interactive shells only (in bash: [[ $- != *i* ]] || echo …).",
    );
  }
  const stacks = (facts["agent-of"] ?? "").split(" ").filter((fqdn) => fqdn !== "" && !cluster.startsWith(`${fqdn}:`));
  if (stacks.length > 0) {
    findings.push(
      `${name}: runs the agent of another stack (${stacks.join(", ")}); a monitor can run only one agent. Use another host ` +
        `as this stack's monitor, or if nobody needs that agent, run there: ${cleanUp.monitor.remove}`,
    );
  }
  const image = facts["other-agent"];
  if (image !== undefined) {
    findings.push(
      `${name}: has a container ${agent} (${image}) that kube-control did not create; this stack's agent needs that name. ` +
        `Rename it there (docker rename ${agent} NAME), or remove it.`,
    );
  }
  for (const port of Object.keys(udpPorts)) {
    const others = (facts[`udp-${port}-containers`] ?? "").split(" ").filter((each) => each !== "" && each !== agent);
    if (others.length > 0) {
      findings.push(
        `${name}: another container uses udp port ${port}: ${others.join(", ")}. Stop it, or set kube-control:nas.port to another port.`,
      );
    }
  }
  return findings;
}
