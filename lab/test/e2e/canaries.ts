import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { loadBalancers, masters, must, onHost, printed, pulumi, root, tryOnHost } from "./driver";

/** Samples the command lines of all processes of the machine, which include those of the lab's hosts. */
export interface Watch {
  /** Command lines that contained a secret, unredacted: only for the message of a test. */
  readonly leaks: Set<string>;
  /** The number of command lines read so far. */
  readonly looked: () => number;
  stop(): void;
}

/**
 * This lab's random secrets. A text that contains one of them got it from the stack's secret settings. Of the SSH key, only a
 * line from the middle, which no other key contains.
 */
function secretsOfThisLab(): Record<string, string> {
  const key = readFileSync(join(root, ".lab/ssh/id_ed25519"), "utf8").split("\n")[3] ?? "";
  return { ...(JSON.parse(readFileSync(join(root, ".lab/secrets.json"), "utf8")) as Record<string, string>), key };
}

export function watchProcessLists(everyMilliseconds = 200): Watch {
  const leaks = new Set<string>();
  let looked = 0;
  const timer = setInterval(() => {
    let secrets: string[];
    try {
      secrets = Object.values(secretsOfThisLab());
    } catch {
      return; // the lab has not created them yet
    }
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      let line: string;
      try {
        line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        continue; // it has ended
      }
      looked++;
      if (secrets.some((secret) => line.includes(secret))) leaks.add(line.replaceAll("\0", " ").slice(0, 300));
    }
  }, everyMilliseconds);
  return { leaks, looked: () => looked, stop: () => clearInterval(timer) };
}

/** The places with a secret in plain text: state, journals of the hosts, world-readable files, process lists. */
export async function canariesIn(watch: Watch): Promise<string[]> {
  const secrets = { ...secretsOfThisLab(), "administrator's key": await administratorsKey() };
  const found: string[] = [...watch.leaks].map((line) => `process list: ${line}`);
  if (watch.looked() === 0) found.push("the process lists were never read");
  const look = (where: string, text: string) => {
    for (const [name, value] of Object.entries(secrets)) if (text.includes(value)) found.push(`${name} in ${where}`);
    // the format of kubeadm's bootstrap tokens
    if (/\b(?!abcdef)[a-z0-9]{6}\.[a-z0-9]{16}\b/.test(text)) found.push(`a bootstrap token in ${where}`);
  };
  for (const text of printed) look(`the output of ${text.split("\n", 1)[0]}`, text.slice(text.indexOf("\n")));
  for (const file of filesUnder(join(root, ".lab/state"))) look(file, readFileSync(file, "utf8"));
  look("stack export", await must("npm", ["run", "--silent", "pulumi", "--", "stack", "export"]));
  for (const host of [...masters, ...loadBalancers, "monitor"] as const) {
    look(`journal of ${host}`, await onHost(host, "journalctl --no-pager -o cat"));
    const files = (
      await onHost(
        host,
        "find / -xdev -type f -perm -004 -newer /etc/machine-id -size -4096k -not -path '/proc/*' -not -path '/sys/*' -not -path '/usr/*' -not -path '/var/lib/containerd/*' -not -path '/var/lib/docker/*' 2>/dev/null || true",
      )
    )
      .split("\n")
      .filter((file) => file !== "");
    if (files.length === 0) continue;
    // pass the secrets on standard input: on a command line, the watch above would find them
    const search =
      'umask 077; list=$(mktemp); while read -r s && [ -n "$s" ]; do echo "$s"; done >$list; xargs -r -d "\\n" grep -lFf $list; rm $list';
    const { stdout: hits } = await tryOnHost(host, search, [...Object.values(secrets), "", ...files].join("\n"));
    for (const hit of hits.split("\n").filter((line) => line !== ""))
      found.push(`a secret in ${host}:${hit}, world-readable`);
  }
  return found;
}

/** The private key in the kubeconfig that the program exports. */
async function administratorsKey(): Promise<string> {
  const { stdout } = await pulumi(["stack", "output", "kubeconfig", "--show-secrets"]);
  const key = /client-key-data: (\S+)/.exec(stdout)?.[1] ?? "";
  if (key === "") throw new Error("the kubeconfig has no client-key-data");
  return key;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile());
}
