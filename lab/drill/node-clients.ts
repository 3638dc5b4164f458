import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { LabError } from "../base/error";
import { containerOf } from "../hosts/containers";
import type { Lab } from "../verify/finding";
import type { ProbeEvent } from "./probe";

/** How long a request is tried for, in milliseconds: clients on a node try again, and a move of the virtual IP takes less. */
const patience = 5000;

/**
 * A request a second, until standard input ends. Each try is a new process, so that it resolves the name anew: no answer of an
 * earlier one hides that the name does not resolve. It logs in as kubelet, and asks by the name: a master's kubelet itself asks its
 * own API server. A line each: when it began, how long it took, tries, exit code, error.
 */
export const requestsScript = (endpoint: string) => `
ask() {
  timeout 2 kubectl --kubeconfig /etc/kubernetes/kubelet.conf --server https://${endpoint} get --raw /readyz </dev/null 2>&1 >/dev/null
}
now() { date +%s%3N; }
for ((;;)); do
  begun=$(now) tries=0 status=1
  while ((status != 0 && $(now) < begun + ${patience})); do
    tries=$((tries + 1)) status=0
    error=$(ask) || { status=$?; sleep 0.1; }
  done
  echo "$begun $(($(now) - begun)) $tries $status \${error//[[:cntrl:]]/ }"
  # the pause between two requests; 1 is the end of standard input
  read -r -t 1 _ || (($? > 128)) || exit 0
done
`;

/** Reads a line of {@link requestsScript}; undefined where it is none. */
export function requestOf(node: string, line: string): ProbeEvent | undefined {
  const [, at, took, tries, status, error = ""] = /^(\d+) (\d+) (\d+) (\d+) ?(.*)$/.exec(line) ?? [];
  if (at === undefined) return undefined;
  const failure = status === "0" ? {} : { error: error.trim() || `exit ${status}` };
  return { kind: "node", subject: node, at: Number(at), took: Number(took), tries: Number(tries), ...failure };
}

/** Requests by the endpoint's name on masters and workers. */
export class NodeClients {
  private readonly events: ProbeEvent[] = [];
  private readonly running: readonly {
    readonly node: string;
    readonly child: ChildProcess;
    readonly ended: Promise<unknown>;
  }[];

  constructor({ place, stack }: Lab) {
    const script = requestsScript(`${stack.fqdn}:${stack.port}`);
    this.running = [...stack.masters, ...stack.workers].map(({ name: node }) => {
      const args = ["exec", "--interactive", containerOf(place, { name: node }), "bash", "-c", script];
      // as the probe: not in the terminal's group, so that it sees the end of the drill
      const child = spawn("docker", args, { stdio: ["pipe", "pipe", "ignore"], detached: true });
      createInterface({ input: child.stdout }).on("line", (line) => {
        const event = requestOf(node, line);
        if (event !== undefined) this.events.push(event);
      });
      child.stdin.on("error", () => undefined);
      return { node, child, ended: once(child, "close") };
    });
  }

  /**
   * Ends them, and gives all that they met.
   *
   * @throws LabError where a node has asked nothing, or stopped asking before
   */
  async stop(): Promise<readonly ProbeEvent[]> {
    const early = this.running.filter(({ child }) => child.exitCode !== null).map(({ node }) => node);
    for (const { child } of this.running) child.stdin?.end();
    await Promise.all(this.running.map(({ ended }) => ended));
    const silent = this.running
      .map(({ node }) => node)
      .filter((node) => !this.events.some((one) => one.subject === node));
    const lost = [...new Set([...early, ...silent])];
    if (lost.length > 0) throw new LabError(`the requests on ${lost.join(", ")} have ended`, "Run the drill again.");
    return this.events;
  }
}
