import type { Host } from "../../host/host";
import { defaults } from "./defaults";
import { checkedSection } from "./haproxy";

/** Where the state of HAProxy's servers can be changed, for a component that takes API servers out of service. */
export interface ServerAccess {
  readonly hosts: Host[];
  /** Path of HAProxy's stats socket. */
  readonly statsSocket: string;
  /** The section with the servers. */
  readonly backend: string;
}

/**
 * The servers of a pair.
 *
 * @param name of the pair's component
 */
export function serversOf(
  name: string,
  { nodes, statsSocket = defaults.statsSocket }: { readonly nodes: readonly Host[]; readonly statsSocket?: string },
): ServerAccess {
  return { hosts: [...nodes], statsSocket, backend: checkedSection(name) };
}
