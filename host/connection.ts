import type * as command from "@pulumi/command";
import type { Host } from "./host";

/** Seconds one dial may take. */
const perDialTimeout = 10;

/** How patiently a host is dialled: `boot` for the first contact of an `up`, `steady` afterwards. */
export type Patience = "boot" | "steady";

const dialErrorLimits: Record<Patience, number> = { boot: 30, steady: 5 };

/** The SSH connection of @pulumi/command to a host, its key pinned: a host that shows another key is refused. */
export function connectionTo(host: Host, patience: Patience = "steady"): command.types.input.remote.ConnectionArgs {
  return {
    host: host.address,
    port: host.ssh.port,
    user: host.ssh.user,
    privateKey: host.ssh.privateKey,
    hostKey: host.ssh.hostKey,
    dialErrorLimit: dialErrorLimits[patience],
    perDialTimeout,
  };
}
