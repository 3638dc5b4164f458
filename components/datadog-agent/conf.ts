import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** Transport protocol of the logs. */
// A constant and a type with the same name, because Pulumi's component analyzer does not accept a union of literals.
export const LogProtocol = { udp: "udp", tcp: "tcp" } as const;
export type LogProtocol = (typeof LogProtocol)[keyof typeof LogProtocol];

/** A port on which the agent receives log lines, and the service, source and tags of these logs. */
export interface LogListener {
  /** Name of the integration in `agent status` and of its folder in conf.d: 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** Transport protocol. */
  readonly type: LogProtocol;
  /** Port on the host and in the container, 1–65535. */
  readonly port: number;
  /** Datadog's `service` of these logs. */
  readonly service: string;
  /** Datadog's `source` of these logs. */
  readonly source: string;
  /**
   * Additional tags, `key:value` each.
   *
   * @default none
   */
  readonly tags?: string[];
  /**
   * The only IPv4 address that may send. A packet filter, and after it the agent, drop packets from other addresses.
   *
   * @default any address may send
   */
  readonly from?: pulumi.Input<string>;
}

/** A listener whose `from` is resolved. */
export interface Listener extends LogListener {
  readonly from?: string;
}

/**
 * Placeholder of the address of Docker's bridge, which conf.sh finds on the host. Packets that Docker's proxy forwards
 * have this source address. If packets of a NAS arrived before the container existed, the kernel tracks their flow
 * without address translation, and they go through the proxy until the NAS pauses for two minutes. The packet filter
 * drops packets from other senders before they reach the proxy.
 */
const dockerAddress = "@DOCKER_ADDRESS@";

/** Path of a listener's file within conf.d. */
export function confPath(listener: Listener): string {
  return `${listener.name}.d/conf.yaml`;
}

/** Renders conf.d/<name>.d/conf.yaml. `logs:` is a list: the agent does not read the mapping that some guides show. */
export function renderConf({ type, port, service, source, tags = [], from }: Listener): string {
  const entry = {
    ...{ type, port, service, source },
    ...(tags.length > 0 ? { tags: [...tags] } : {}),
    // supported by the agent since 2026; older versions ignore it
    ...(from === undefined ? {} : { allowed_ips: [from, dockerAddress] }),
  };
  return `# Written by kube-control.\n${stringify({ logs: [entry] }, { lineWidth: 0 })}`;
}
