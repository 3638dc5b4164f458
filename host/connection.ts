import type * as command from "@pulumi/command";
import type { Host } from "./host";

/** Seconds within which one attempt to connect must succeed. */
const perDialTimeout = 10;

/**
 * How many attempts to connect may fail: `boot` for the first contact of an `up`, when a host may be starting; else
 * `steady`.
 */
export type Patience = "boot" | "steady";

const dialErrorLimits: Record<Patience, number> = { boot: 30, steady: 5 };

/**
 * The SSH connection of @pulumi/command to a host, with its pinned key: a host with another key is refused. Without a
 * private key, the plugin uses the agent at SSH_AUTH_SOCK. The socket's path is not an input, because it changes with
 * each login.
 */
export function connectionTo(
  { address, ssh }: Host,
  patience: Patience = "steady",
): command.types.input.remote.ConnectionArgs {
  const { proxyJump } = ssh;
  const login = ssh.privateKey === undefined ? {} : { privateKey: ssh.privateKey };
  const dials = { dialErrorLimit: dialErrorLimits[patience], perDialTimeout };
  return {
    host: address,
    port: ssh.port,
    user: ssh.user,
    hostKey: ssh.hostKey,
    ...login,
    ...dials,
    ...(proxyJump === undefined ? {} : { proxy: { ...proxyJump, ...login, ...dials } }),
  };
}
