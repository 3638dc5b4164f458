import { masterPorts } from "../components/control-plane";
import { defaults as controlPlane } from "../components/control-plane/defaults";
import { defaults as haproxyPair } from "../components/haproxy-pair/defaults";
import type { Refusal } from "../host/refusal";
import type { StackConfiguration } from "./schema";
import type { Sound } from "./sound";

/** @see https://kubernetes.io/docs/concepts/services-networking/service/#type-nodeport */
const nodePorts = { first: 30000, last: 32767 };

/**
 * UDP port of DogStatsD, on which the agent itself listens in its container.
 *
 * @see https://docs.datadoghq.com/extend/dogstatsd/
 */
const dogStatsD = 8125;

/** Mistakes in ports on which two programs of one machine would listen. */
export function checkPorts({ endpoint, ssh, nas, haproxy }: Sound<StackConfiguration>): Refusal[] {
  const port = endpoint?.port;
  const health = haproxy?.healthPort;
  const mistakes: Refusal[] = [];
  const refuse = (path: readonly PropertyKey[], what: string, remedy: string) => mistakes.push({ path, what, remedy });

  const sshd = "is already the port of sshd on every host (kube-control:ssh.port)";
  const free = (usual: number) => `Choose a free port; ${usual} is the usual one.`;
  if (port !== undefined) {
    const path = ["endpoint", "port"];
    const remedy = free(controlPlane.port);
    const taker = masterPorts.find((one) => one.port === port);
    if (port === ssh?.port) refuse(path, sshd, remedy);
    if (taker !== undefined) refuse(path, `is already the port of ${taker.what} on the masters`, remedy);
    if (port >= nodePorts.first && port <= nodePorts.last) {
      refuse(
        path,
        `lies among the node ports (${nodePorts.first}–${nodePorts.last}) that Services take on every node`,
        remedy,
      );
    }
  }
  if (health !== undefined) {
    const path = ["haproxy", "healthPort"];
    const remedy = free(haproxyPair.healthPort);
    if (health === port) refuse(path, "is already the port of the API servers (kube-control:endpoint.port)", remedy);
    else if (health === ssh?.port) refuse(path, sshd, remedy);
  }
  if (nas?.port === dogStatsD) {
    const what = "is already the port of DogStatsD, the agent's own metrics port";
    refuse(["nas", "port"], what, "Choose a free UDP port of the monitor.");
  }
  return mistakes;
}
