import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "./error";
import type { SshAccess } from "./host";
import { sshPort } from "./known-hosts";
import { shellQuote } from "./shell";

const variable = "SSH_AUTH_SOCK";

/** Default of sshd's MaxAuthTries: the number of keys that a client may try at one login. */
const mostTries = 6;

/**
 * Checks that the private key or the ssh agent of the stack can be used on this machine. It connects to no host.
 *
 * @throws UserError if the stack needs the ssh agent, which does not answer or has no key; or if no agent answers at
 *   SSH_AUTH_SOCK, because the command plugin would then fail in any case
 */
export async function checkLogin({ privateKeyFile }: Pick<SshAccess, "privateKeyFile">): Promise<void> {
  const socket = process.env[variable] ?? "";
  const why = socket === "" ? undefined : await whyDead(socket);
  if (privateKeyFile === undefined) {
    requireAgent(socket, why);
    return;
  }
  if (why !== undefined) {
    // the plugin connects to it even if a key file is used
    throw new UserError(
      `contains the path of a socket where no ssh agent answers (${why}). The command plugin connects to it even if the stack ` +
        "does not use the agent, so every step on a host would fail",
      `the environment variable ${variable}`,
      `Run \`unset ${variable}\`, then try again.`,
    );
  }
  warnOfCertificate(privateKeyFile);
}

/** Why a socket accepts no connection; undefined if it accepts one. */
async function whyDead(path: string): Promise<string | undefined> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    socket.destroy();
  }
}

function requireAgent(socket: string, why: string | undefined): void {
  const where = "kube-control:ssh.agent";
  const start = 'Run `eval "$(ssh-agent)"` and `ssh-add FILE`, then try again in the same shell.';
  if (socket === "") {
    throw new UserError(
      `is true, but there is no ssh agent: the environment variable ${variable} is not set`,
      where,
      start,
    );
  }
  if (why !== undefined) {
    throw new UserError(`is true, but no ssh agent answers at ${variable} (${why})`, where, start);
  }
  const { status, stdout, stderr, error } = spawnSync("ssh-add", ["-L"], {
    encoding: "utf8",
    env: process.env,
    timeout: 10_000,
  });
  if (status !== 0) {
    // if ssh-add could not run, there is an error and no output
    const said = error?.message ?? [stdout, stderr].map((text) => text.trim()).find((text) => text !== "");
    throw new UserError(
      `is true, but the ssh agent offers no key (ssh-add -L: ${said ?? "no answer"})`,
      where,
      "Run `ssh-add FILE` with the key that logs in on the hosts.",
    );
  }
  const keys = stdout.trim().split("\n").length;
  if (keys > mostTries) {
    void pulumi.log.warn(
      `The ssh agent has ${keys} keys. The clients offer all of them one after another, and a server ends the login after ` +
        `${mostTries}. If hosts refuse the login, use an agent that contains only the key of this stack.`,
    );
  }
}

function warnOfCertificate(privateKeyFile: string): void {
  const certificate = `${privateKeyFile}-cert.pub`;
  if (existsSync(certificate)) {
    void pulumi.log.warn(
      `${certificate} is not used: the command plugin does not load the certificate of a key file. If hosts accept only ` +
        "certificates, load both into an ssh agent (ssh-add FILE) and set kube-control:ssh.agent to true.",
    );
  }
}

/** The command with which a person logs in on a host in the same way as this program. */
export function loginByHand(address: string, { user, port, privateKeyFile, proxyJump }: SshAccess): string {
  const identity =
    privateKeyFile === undefined
      ? ["-o IdentityFile=none"]
      : ["-o IdentityAgent=none", "-o CertificateFile=none", `-i ${shellQuote(privateKeyFile)}`];
  const jump = proxyJump === undefined ? [] : [`-J ${proxyJump.user}@${proxyJump.host}:${proxyJump.port}`];
  return ["ssh", ...identity, ...jump, ...(port === sshPort ? [] : [`-p ${port}`]), `${user}@${address}`].join(" ");
}
