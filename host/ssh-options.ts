import { homedir } from "node:os";
import { join, relative } from "node:path";
import { knownHostsLine } from "./known-hosts";
import { shellQuote } from "./shell";

/** A host through which all others are reached. */
export interface JumpHost {
  /** Address or name. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The pinned key, e.g. `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

/** How OpenSSH's client reaches the hosts of a stack. */
interface Route {
  /** The private key's file, as the option IdentityFile takes it. Default: the keys of the ssh agent log in. */
  readonly identityFile?: string;
  /** Default: hosts are dialled directly. */
  readonly proxyJump?: JumpHost;
}

/**
 * Seconds within which a host must answer. Behind a jump host it takes longer: the connection to the jump host has its own
 * limit, and only what comes after it says something about the host.
 */
const connectTimeout = { direct: 8, behindJump: 25 };

/**
 * Options of OpenSSH's client, as `-o` takes them: no key but the pinned one is trusted, and nothing of the operator's own
 * configuration applies (`-F none`), for a shared connection would check no host key. A key file logs in as the command
 * plugin does with it: without the agent and without a certificate beside the file.
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

/** Trusts exactly one key of a host, without a file. OpenSSH has this from 8.5 on. */
export function pinnedTo(address: string, pin: { readonly port: number; readonly hostKey: string }): string[] {
  const line = knownHostsLine(address, pin).trimEnd();
  return ["UserKnownHostsFile=/dev/null", `KnownHostsCommand=/bin/sh -c "echo '${line}'"`];
}

/** ProxyJump would take neither the pinned key nor the other options over to the jump host. The shell gets it after `exec`. */
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
 * A key's path as the option IdentityFile takes it. Where the file lies in the project's folder or at home, the path is the
 * same for every operator: ssh runs in that folder, and replaces `${HOME}` itself.
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
