import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { checkedAddress, checkedHosts, inputsOf } from "../../host/argument";
import { digestOf } from "../../host/digest";
import { refuse } from "../../host/refusal";
import { defaults as controlPlane } from "../control-plane/defaults";
import type { ApiServer, HaproxyPairArgs, LoadBalancer } from "./args";
import { defaults } from "./defaults";
import { haproxyDropIn, keepalivedDropIn, watchUnit } from "./drop-ins";
import { renderHaproxy } from "./haproxy";
import { renderKeepalived } from "./keepalived";
import { checkedPassword, refusals } from "./refusals";

/** The program that handles failures that neither HAProxy nor Keepalived handles. */
export const watchProgram = readFileSync(join(__dirname, "haproxy-watch.sh"), "utf8");

/** The files of one load balancer that depend on the pair's arguments, by their variables in the script. */
export type Files = Readonly<Record<"HAPROXY_CFG" | "KEEPALIVED_CONF" | "KEEPALIVED_DROP_IN" | "WATCH_UNIT", string>>;

/** A pair's checked arguments, and the files that are rendered from them. */
export interface Pair {
  readonly name: string;
  /** Sorted by priority, the highest first. */
  readonly nodes: readonly LoadBalancer[];
  readonly virtualIp: pulumi.Input<string>;
  readonly port: number;
  readonly healthPort: number;
  readonly statsSocket: string;
  readonly cluster: pulumi.Input<string>;
  readonly files: (node: LoadBalancer) => pulumi.Output<Files>;
  /** Changes when a file of any load balancer changes. */
  readonly digest: pulumi.Output<string>;
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>> | undefined;
}

/** @throws ResourceError if an argument is missing or not valid */
export function pairOf(component: pulumi.ComponentResource, name: string, args: HaproxyPairArgs): Pair {
  refuse(component, name, refusals(args));
  const nodes = byPriority(checkedHosts(component, `${name}.nodes`, args.nodes));
  const apiServers = checkedHosts(component, `${name}.apiServers`, args.apiServers);
  const virtualIp = checkedAddress(component, `${name}.virtualIp.address`, args.virtualIp.address);
  const port = args.port ?? controlPlane.port;
  // leave out the password and the hosts' keys: Pulumi would treat the rendered files as secrets
  const { password, ...vrrp } = args.virtualIp;
  const rendered = pulumi
    .output({ servers: apiServers.map(named), routers: nodes.map(router), address: virtualIp })
    .apply(({ servers, routers, address }) => {
      const haproxy = { ...args, name, port, servers };
      const shared = {
        HAPROXY_CFG: renderHaproxy(haproxy),
        KEEPALIVED_DROP_IN: keepalivedDropIn(address),
        WATCH_UNIT: watchUnit(haproxy, address),
      };
      const conf = routers.map((one) => {
        const peers = inOrderOf(args.nodes, routers).filter((other) => other !== one);
        return [one.name, renderKeepalived({ ...vrrp, address }, one, peers)] as const;
      });
      return { shared, conf: Object.fromEntries(conf) };
    });
  return {
    name,
    nodes,
    virtualIp,
    port,
    healthPort: args.healthPort ?? defaults.healthPort,
    statsSocket: args.statsSocket ?? defaults.statsSocket,
    cluster: args.cluster ?? name,
    files: (node) => rendered.apply(({ shared, conf }) => ({ ...shared, KEEPALIVED_CONF: conf[node.name] ?? "" })),
    digest: rendered.apply(({ shared, conf }) => {
      const backupFirst = [...nodes].reverse().map((node) => conf[node.name] ?? "");
      const units = [haproxyDropIn, shared.KEEPALIVED_DROP_IN, watchProgram, shared.WATCH_UNIT];
      return digestOf([shared.HAPROXY_CFG, ...backupFirst, ...units]);
    }),
    secrets: password === undefined ? undefined : { VRRP_PASSWORD: checkedPassword(component, name, password) },
  };
}

/** The component's inputs in the state. */
export function pairInputs(args: HaproxyPairArgs): pulumi.Inputs {
  const { virtualIp, nodes, apiServers } = args;
  const { password } = virtualIp;
  return {
    ...inputsOf(args, ["statsSocket", "connectTimeout", "clientTimeout", "serverTimeout", "checkInterval"]),
    ...inputsOf(args, ["maxConnections", "healthPort", "port", "cluster", "logSourcePorts"]),
    virtualIp: {
      ...inputsOf(virtualIp, ["address", "prefixLength", "routerId", "vrrpVersion", "advertInterval", "preempt"]),
      password: password && pulumi.secret(password),
    },
    nodes: nodes.map(router),
    apiServers: apiServers.map(named),
  };
}

export function byPriority(nodes: readonly LoadBalancer[]): LoadBalancer[] {
  return [...nodes].sort((one, other) => other.priority - one.priority);
}

const named = ({ name, address }: ApiServer) => ({ name, address });
const router = ({ name, address, priority }: LoadBalancer) => ({ name, address, priority });

/** Sorts entries as the arguments list them. Another order of the peers would change keepalived.conf. */
function inOrderOf<T extends { readonly name: string }>(
  order: readonly { readonly name: string }[],
  all: readonly T[],
) {
  return order.flatMap(({ name }) => all.filter((one) => one.name === name));
}
