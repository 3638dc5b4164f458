import type { Host } from "../../host/host";
import type { LoadBalancers } from "../control-plane";
import { defaults } from "./defaults";
import { checkedSection } from "./haproxy";

/**
 * Access to the servers of a pair, for a component that takes API servers out of service.
 *
 * @param name of the pair's component
 */
export function serversOf(
  name: string,
  { nodes, statsSocket = defaults.statsSocket }: { readonly nodes: readonly Host[]; readonly statsSocket?: string },
): LoadBalancers {
  return { hosts: [...nodes], statsSocket, backend: checkedSection(name) };
}
