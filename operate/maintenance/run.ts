import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { containerName } from "../../components/datadog-agent/container";
import { acrossHostsVariables, scriptText } from "../../host/script-text";
import { identityPath } from "../../host/ssh-options";
import type { HostPlan, Plan } from "../plan";
import { scriptFiles } from "../scripts";
import type { Reboot } from "./arguments";

const of = (...names: readonly string[]) => names.map((name) => `operate/maintenance/${name}.sh`);

/** The files of the script of each role, after across-hosts.sh. */
const files = {
  node: [
    ...["host/name-lookup.sh", "host/kubernetes-here.sh"],
    ...["node", "cluster", "service"].map((name) => `components/control-plane/${name}.sh`),
    ...of("packages", "reboot", "work", "node"),
  ],
  "load balancer": [
    "components/haproxy-pair/files-and-services.sh",
    ...of("packages", "reboot", "work", "load-balancer"),
  ],
  monitor: of("packages", "reboot", "work", "monitor"),
} as const;

const kindOf = ({ role }: HostPlan) => (role === "master" || role === "worker" ? "node" : role);

/**
 * Sum of the time limits of a host's maintenance: the package lists 420, the update 2400 and 900, the reboot 600, the
 * waits for its services 1200. A node: two drains, and a minute for each call of another host.
 */
export const stepLimitSeconds = ({ drainSeconds }: Plan, host: HostPlan): number =>
  5520 + (kindOf(host) === "node" ? 2 * (drainSeconds + 90) + 1200 : 0);

/** The script of a host's maintenance. It runs on this machine and connects to the hosts. */
export function maintenanceScript(plan: Plan, host: HostPlan, reboot: Reboot): string {
  const named = (role: HostPlan["role"]) => plan.hosts.filter((one) => one.role === role);
  const { privateKeyFile, proxyJump } = host.target;
  const identityFile = privateKeyFile === undefined ? undefined : identityPath(privateKeyFile);
  const names = named("load balancer").map(({ name }) => name);
  return scriptText({
    where: host.name,
    step: "maintenance",
    prelude: scriptFiles("host/prelude.sh"),
    script: scriptFiles("host/across-hosts.sh", ...files[kindOf(host)]),
    variables: {
      ...acrossHostsVariables(
        plan.hosts.map(({ target }) => target),
        { identityFile, proxyJump },
      ),
      NODE: host.name,
      NODE_ADDRESS: host.address,
      ROLE: host.role,
      CLUSTER: `${plan.fqdn}:${plan.port}`,
      PORT: String(plan.port),
      MASTERS: named("master").map(({ name, address }) => `${name} ${address}`).join("\n"), // prettier-ignore
      LOAD_BALANCERS: names.join(" "),
      VIRTUAL_IP: plan.virtualIp,
      STATS_SOCKET: plan.statsSocket,
      BACKEND: plan.checkedSection,
      DRAIN_SECONDS: String(plan.drainSeconds),
      // any version: an interrupted upgrade may have left two
      VERSION: "",
      CONTAINER: containerName,
      // a host with `always` has a note that requests the reboot
      REBOOT: reboot === "never" ? "never" : "needed",
    },
    timeoutSeconds: stepLimitSeconds(plan, host),
    lock: false,
  });
}

/** The result of a host's maintenance. */
export interface Outcome {
  readonly ok: boolean;
  /** The lines that its script reported. */
  readonly said: readonly string[];
  /** The error, if it failed. */
  readonly error: string;
  readonly seconds: number;
}

/**
 * Maintains a host.
 *
 * @param tell is called with each line that the script reports
 */
export async function maintainHost(
  plan: Plan,
  host: HostPlan,
  reboot: Reboot,
  tell: (line: string) => void,
): Promise<Outcome> {
  const begin = performance.now();
  const bash = spawn("bash", ["-s", "--", "create"], {
    // the last one ends the script if this process is killed
    stdio: ["pipe", "pipe", "pipe", "ignore", "pipe"],
    env: process.env,
    // in its own session: Ctrl-C ends the maintenance after this host
    detached: true,
  });
  const said: string[] = [];
  let error = "";
  const [stdin, stdout, stderr, , lifetime] = bash.stdio as [Writable, Readable, Readable, null, Writable];
  lifetime.on("error", () => undefined);
  createInterface({ input: stdout }).on("line", (line) => {
    said.push(line);
    tell(line);
  });
  stderr.setEncoding("utf8").on("data", (text: string) => (error += text));
  stdin.on("error", () => undefined).end(maintenanceScript(plan, host, reboot));
  const code = await new Promise<number | null>((resolve, reject) => {
    bash.on("error", (cause) => reject(new Error(`cannot start bash on this machine: ${cause.message}`)));
    bash.on("close", resolve);
  });
  return { ok: code === 0, said, error: error.trim(), seconds: (performance.now() - begin) / 1000 };
}
