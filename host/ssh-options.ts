import { homedir } from "node:os";
import { join, relative } from "node:path";
import { knownHostsLine } from "./known-hosts";
import { shellQuote } from "./shell";

/** The jump host for connections to all other hosts. */
export interface JumpHost {
  /** Address or name. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The pinned key, e.g. `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

/** How OpenSSH's client connects to the hosts of a stack. */
interface Route {
  /** Value of the option IdentityFile. @default the keys of the ssh agent are used */
  readonly identityFile?: string;
  /** @default direct connections */
  readonly proxyJump?: JumpHost;
}

/**
 * Seconds within which a host must answer. Behind a jump host, the limit includes the connection to the jump host,
 * which has a limit of its own: a failure of the jump host must not look like a host that does not answer.
 */
const connectTimeout = { direct: 8, behindJump: 25 };

/**
 * Options of OpenSSH's client, as `-o` takes them. Only the pinned key is trusted. Callers also pass `-F none`, because
 * a shared connection from the operator's own configuration would not check the host key. A key file is used as in the
 * command plugin: without the agent, and without a certificate beside the file.
 */
export function sshOptions({ identityFile, proxyJump }: Route): string[] {
  return [
    ...commonOptions(identityFile),
    `ConnectTimeout=${proxyJump === undefined ? connectTimeout.direct : connectTimeout.behindJump}`,
    "LogLevel=ERROR",
    ...(proxyJump === undefined ? [] : [`ProxyCommand=${proxyCommand(proxyJump, identityFile)}`]),
  ];
}

function commonOptions(identityFile: string | undefined): string[] {
  return [
    "BatchMode=yes",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "StrictHostKeyChecking=yes",
    "GlobalKnownHostsFile=/dev/null",
    "UpdateHostKeys=no",
    ...(identityFile === undefined
      ? ["IdentityFile=none"]
      : ["IdentitiesOnly=yes", "IdentityAgent=none", "CertificateFile=none", `IdentityFile=${identityFile}`]),
  ];
}

/** Options that trust exactly one key of a host, without a known_hosts file. They need OpenSSH 8.5 or newer. */
export function pinnedTo(address: string, pin: { readonly port: number; readonly hostKey: string }): string[] {
  const line = knownHostsLine(address, pin).trimEnd();
  return ["UserKnownHostsFile=/dev/null", `KnownHostsCommand=/bin/sh -c "echo '${line}'"`];
}

/**
 * ssh runs this command with `exec` in a shell. ProxyJump would not apply the pinned key and the options to the jump
 * host.
 */
function proxyCommand({ host, port, user, hostKey }: JumpHost, identityFile: string | undefined): string {
  const options = [
    ...commonOptions(identityFile),
    ...pinnedTo(host, { port, hostKey }),
    `ConnectTimeout=${connectTimeout.direct}`,
    // the level at which ssh says why the jump host could not reach the host
    "LogLevel=INFO",
  ];
  const words = ["-F", "none", ...options.flatMap((one) => ["-o", one]), "-p", String(port), "-l", user];
  return `ssh ${words.map((word) => shellQuote(word).replaceAll("%", "%%")).join(" ")} -W '[%h]:%p' ${host}`;
}

/**
 * A key's path as value of the option IdentityFile. If the file is in the project's folder or in the home folder, the
 * value is the same for every operator: ssh runs in the project's folder, and replaces `${HOME}` itself.
 */
export function identityPath(path: string): string {
  const inProject = below(process.cwd(), path);
  const atHome = below(homedir(), path);
  const portable = inProject ?? (atHome === undefined ? undefined : join("${HOME}", atHome)) ?? path;
  const escaped = portable.replaceAll("%", "%%");
  return /^[\w./${}%@+-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, "\\$&")}"`;
}

function below(folder: string, path: string): string | undefined {
  const from = relative(folder, path);
  return from === "" || from.startsWith("..") ? undefined : from;
}
