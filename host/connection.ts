import type * as command from "@pulumi/command";
import type { Host } from "./host";

/** Seconds one dial may take. */
const perDialTimeout = 10;

/** How patiently a host is dialled: `boot` for the first contact of an `up`, `steady` afterwards. */
export type Patience = "boot" | "steady";

const dialErrorLimits: Record<Patience, number> = { boot: 30, steady: 5 };

/**
 * The SSH connection of @pulumi/command to a host, its key pinned: a host that shows another key is refused. Without a key,
 * the plugin takes the agent at SSH_AUTH_SOCK. The socket's path is no input: it is another one at each login.
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
