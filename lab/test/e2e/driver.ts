import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { placeOf } from "../../base/place";
import { until } from "../../base/process";
import { bridgeOf } from "../../hosts/network";
import { cidrOf, collidingDevice, savedSubnet, subnetOf, type Subnet } from "../../hosts/subnet";

/** The checkout under test. */
export const root = resolve(__dirname, "../../..");

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The output of all commands, except those that print a secret on request. */
export const printed: string[] = [];

/** Runs a command in the checkout with a time limit. Records its output, and prints it at once if `echo` is set. */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string | Buffer; seconds?: number; echo?: boolean; env?: Record<string, string> } = {},
): Promise<Finished> {
  const { input = "", seconds = 120, echo = false, env = {} } = options;
  return new Promise((done, reject) => {
    const child = spawn(command, args, { cwd: root, env: { ...process.env, ...env }, stdio: "pipe" });
    const timer = setTimeout(() => child.kill("SIGTERM"), seconds * 1000);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (echo) process.stderr.write(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      if (echo) process.stderr.write(text);
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (!args.includes("--show-secrets")) printed.push(`${command} ${args.join(" ")}\n${stdout}\n${stderr}`);
      done({ code: code ?? (signal === null ? 1 : 143), stdout, stderr });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** As {@link run}, but a failure of the command is an error with its output. */
export async function must(...call: Parameters<typeof run>): Promise<string> {
  const { code, stdout, stderr } = await run(...call);
  if (code !== 0) {
    throw new Error(`${call[0]} ${call[1].join(" ")}: exit ${code}\n${stdout.slice(-4000)}\n${stderr.slice(-4000)}`);
  }
  return stdout;
}

/** `npm run lab -- ARGS`, as a user types it. */
export const lab = (args: readonly string[], seconds = 2400) =>
  run("npm", ["run", "--silent", "lab", "--", ...args], { seconds, echo: true });

/** `npm run pulumi -- ARGS`, as a user types it. */
export const pulumi = (args: readonly string[], seconds = 900) =>
  run("npm", ["run", "--silent", "pulumi", "--", ...args], { seconds });

/**
 * Repeats `npm run lab -- verify` until all checks pass. Pods, HAProxy's checks and the agent need some seconds after a change.
 *
 * @param seconds the last run begins within this time
 * @returns its output
 * @throws Error with the output, if a check still fails
 */
export async function checksMustPass(seconds: number): Promise<string> {
  const { code, stdout, stderr } = await until(
    () => lab(["verify"], 120),
    (status) => status.code === 0,
    { seconds },
  );
  if (code !== 0) throw new Error(`checks still failed after ${seconds} s\n${stdout}\n${stderr}`);
  return stdout;
}

/** Options of a command that changes the stack without a person. */
export const unattended = ["--yes", "--skip-preview", "--non-interactive"];

/** As {@link pulumi}, but a failure of the command is an error. */
export const mustPulumi = (args: readonly string[], input = "") =>
  must("npm", ["run", "--silent", "pulumi", "--", ...args], { input, seconds: 900 });

/** The lab that the tests create. */
export const place = placeOf(root);

/** Its bridge on this machine. */
export const bridge = bridgeOf(place);

/**
 * The subnet of the existing lab, or of LAB_SUBNET; else the first subnet without a route on this machine. A subnet with a route
 * may belong to another lab.
 */
function chosenSubnet(): Subnet {
  if (process.env["LAB_SUBNET"] || savedSubnet(place) !== undefined) return subnetOf(place);
  const routes = readFileSync("/proc/net/route", "utf8");
  const free = (third: number) => collidingDevice({ prefix: `192.168.${third}.` }, routes, bridge) === undefined;
  const third = Array.from({ length: 250 }, (_, index) => index + 2).find(free) ?? 2;
  return { prefix: `192.168.${third}.` };
}

const subnet = chosenSubnet();
// for all commands of `run`
process.env["LAB_SUBNET"] = cidrOf(subnet);

/** The lab's addresses. */
const { prefix } = subnet;
export const addresses = {
  "k8s-master1": `${prefix}151`,
  "k8s-master2": `${prefix}152`,
  "k8s-master3": `${prefix}153`,
  "haproxy-lb1": `${prefix}141`,
  "haproxy-lb2": `${prefix}142`,
  monitor: `${prefix}160`,
  ns1: `${prefix}53`,
  services: `${prefix}10`,
  nas: `${prefix}20`,
} as const;
export type LabHost = keyof typeof addresses;
export const virtualIp = `${prefix}140`;
export const masters = ["k8s-master1", "k8s-master2", "k8s-master3"] as const;
export const loadBalancers = ["haproxy-lb1", "haproxy-lb2"] as const;

/** Runs a shell line as root on a lab host; returns its output. */
export function onHost(host: LabHost, line: string, input: string | Buffer = "", seconds = 120): Promise<string> {
  return must("ssh", [...sshOptions(host), `sudo -n sh -c ${quote(line)}`], { input, seconds });
}

/** As {@link onHost}, but the command may fail. */
export function tryOnHost(host: LabHost, line: string, input = ""): Promise<Finished> {
  return run("ssh", [...sshOptions(host), `sudo -n sh -c ${quote(line)}`], { input });
}

function sshOptions(host: LabHost): string[] {
  const strict = [
    "StrictHostKeyChecking=yes",
    `UserKnownHostsFile=${join(root, ".lab/ssh/known_hosts")}`,
    "BatchMode=yes",
  ];
  return [...strict.flatMap((o) => ["-o", o]), "-i", join(root, ".lab/ssh/id_ed25519"), `ops@${addresses[host]}`];
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** One call that a stand-in answered. */
export interface Call {
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly request?: unknown;
}

/** The calls to a stand-in (`cloudflare`, `datadog`, …) so far, oldest first. */
export async function journal(name: string): Promise<Call[]> {
  const text = await onHost("services", `cat /var/log/kube-control-lab/${name}.jsonl 2>/dev/null || true`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Call);
}

export const writes = (calls: readonly Call[]) => calls.filter((call) => call.method !== "GET");

/** The changes of the record at Cloudflare, oldest first. */
export const recordWrites = async () =>
  writes(await journal("cloudflare")).map((call) => ({
    time: call.time,
    method: call.method,
    content: (call.request as { content?: string } | undefined)?.content,
    status: call.status,
  }));

/** The load balancers that hold the virtual IP. */
export async function holders(): Promise<string[]> {
  const found: string[] = [];
  for (const host of loadBalancers) {
    if ((await onHost(host, "ip -4 -o address show")).includes(` ${virtualIp}/`)) found.push(host);
  }
  return found;
}

/** `npm run lab -- nas ARGS`. */
export async function nas(...args: string[]): Promise<void> {
  await must("npm", ["run", "--silent", "lab", "--", "nas", ...args], { seconds: 60 });
}

/** The text of a file in the lab's own folder. */
export const labFile = (name: string) => readFileSync(join(root, ".lab", name), "utf8");
