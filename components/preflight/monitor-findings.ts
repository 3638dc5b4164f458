import { cleanUp } from "../../host/clean-up";
import type { Expectation, Facts } from "../../host/facts";

/** Looks for a container of the agent's name that kube-control did not make. */
const agent = "dd-agent";

/**
 * What is wrong with the Docker of a monitor, a line each: what, and what to do.
 *
 * @param cluster `FQDN:PORT`
 */
export function monitorFindings({ name, udpPorts }: Expectation, facts: Facts, cluster: string): string[] {
  const findings: string[] = [];
  if (facts["docker"] === "silent") {
    findings.push(
      `${name}: has a Docker that does not answer. See systemctl status docker there; without any Docker it is installed.`,
    );
  }
  if (facts["docker"] === "snap") {
    findings.push(
      `${name}: has Docker as a snap, whose containers cannot mount files below /opt. Where nobody needs it, run there: ` +
        "sudo snap remove docker. Then the package docker.io is installed.",
    );
  }
  const greeting = facts["greeting"] ?? "";
  if (greeting !== "") {
    findings.push(
      `${name}: a start file of the SSH user's login shell prints ${JSON.stringify(greeting.slice(0, 60))}, which the docker ` +
        "provider takes for an answer of Docker. Let it print in interactive shells only (in bash: [[ $- != *i* ]] || echo …).",
    );
  }
  const stacks = (facts["agent-of"] ?? "").split(" ").filter((fqdn) => fqdn !== "" && !cluster.startsWith(`${fqdn}:`));
  if (stacks.length > 0) {
    findings.push(
      `${name}: runs the agent of another stack (${stacks.join(", ")}), and a monitor has one agent. Use another host as this ` +
        `stack's monitor. Where that agent may go, there: ${cleanUp.monitor.remove}`,
    );
  }
  const image = facts["other-agent"];
  if (image !== undefined) {
    findings.push(
      `${name}: has a container ${agent} (${image}) that kube-control did not make, and the agent's container gets that name. ` +
        `Rename it there (docker rename ${agent} NAME), or remove it.`,
    );
  }
  for (const port of Object.keys(udpPorts)) {
    const others = (facts[`udp-${port}-containers`] ?? "").split(" ").filter((each) => each !== "" && each !== agent);
    if (others.length > 0) {
      findings.push(
        `${name}: udp port ${port} is taken by the container ${others.join(", ")}. Stop it, or set another kube-control:nas.port.`,
      );
    }
  }
  return findings;
}
