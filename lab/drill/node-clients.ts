import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { LabError } from "../base/error";
import { containerOf } from "../hosts/containers";
import type { Lab } from "../verify/finding";
import type { ProbeEvent } from "./probe";

/** Milliseconds for which a request is retried. A move of the virtual IP takes less, and clients on a node do retry. */
const retryTime = 5000;

/**
 * Sends a request a second until standard input ends. Each try is a new process, so that it resolves the name again. It uses
 * kubelet's credentials and the endpoint's name; a master's kubelet itself uses its own API server. Prints a line per request:
 * begin, duration, tries, exit code, error.
 */
export const requestsScript = (endpoint: string) => `
ask() {
  timeout 2 kubectl --kubeconfig /etc/kubernetes/kubelet.conf --server https://${endpoint} get --raw /readyz </dev/null 2>&1 >/dev/null
}
now() { date +%s%3N; }
for ((;;)); do
  begun=$(now) tries=0 status=1
  while ((status != 0 && $(now) < begun + ${retryTime})); do
    tries=$((tries + 1)) status=0
    error=$(ask) || { status=$?; sleep 0.1; }
  done
  echo "$begun $(($(now) - begun)) $tries $status \${error//[[:cntrl:]]/ }"
  # pause for a second; read fails with 1 at the end of standard input
  read -r -t 1 _ || (($? > 128)) || exit 0
done
`;

/** Parses a line of {@link requestsScript}; undefined for other lines. */
export function requestOf(node: string, line: string): ProbeEvent | undefined {
  const [, at, took, tries, status, error = ""] = /^(\d+) (\d+) (\d+) (\d+) ?(.*)$/.exec(line) ?? [];
  if (at === undefined) return undefined;
  const failure = status === "0" ? {} : { error: error.trim() || `exit ${status}` };
  return { kind: "node", subject: node, at: Number(at), took: Number(took), tries: Number(tries), ...failure };
}

/** Clients on masters and workers, which send requests by the endpoint's name. */
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
      // like the probe, outside the terminal's process group: Ctrl-C must not end it before the drill does
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
   * Ends the clients and returns their events.
   *
   * @throws LabError if a node sent no request, or ended early
   */
  async stop(): Promise<readonly ProbeEvent[]> {
    const early = this.running.filter(({ child }) => child.exitCode !== null).map(({ node }) => node);
    for (const { child } of this.running) child.stdin?.end();
    await Promise.all(this.running.map(({ ended }) => ended));
    const silent = this.running
      .map(({ node }) => node)
      .filter((node) => !this.events.some((one) => one.subject === node));
    const lost = [...new Set([...early, ...silent])];
    if (lost.length > 0) throw new LabError(`the clients on ${lost.join(", ")} ended early`, "Run the drill again.");
    return this.events;
  }
}
