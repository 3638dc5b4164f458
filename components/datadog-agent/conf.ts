import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** How logs arrive. */
// a constant beside the type, as Pulumi's analyzer takes a list of values
export const LogProtocol = { udp: "udp", tcp: "tcp" } as const;
export type LogProtocol = (typeof LogProtocol)[keyof typeof LogProtocol];

/** A port at which the agent takes log lines, and what it calls the logs that arrive there. */
export interface LogListener {
  /** The integration's name, as `agent status` heads it and as its folder in conf.d is called: letters, digits, `_`, `-`. */
  readonly name: string;
  /** How the logs arrive. */
  readonly type: LogProtocol;
  /** Port on the host and in the container, 1–65535. */
  readonly port: number;
  /** Datadog's `service` of these logs. */
  readonly service: string;
  /** Datadog's `source` of these logs. */
  readonly source: string;
  /**
   * More tags, `key:value` each.
   *
   * @default none
   */
  readonly tags?: string[];
  /**
   * The IPv4 address that alone may send: others are dropped by the agent, and before it by a packet filter.
   *
   * @default any
   */
  readonly from?: pulumi.Input<string>;
}

/** A listener whose sender is known. */
export interface Listener extends LogListener {
  readonly from?: string;
}

/**
 * Stands for the address of Docker's bridge, which conf.sh finds on the host. What Docker's proxy passes on comes from there: all
 * that a NAS sends whose packets arrived before the container was there, for as long as it pauses for less than two minutes
 * (the kernel keeps a connection without address translation). The packet filter guards what reaches the proxy.
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
    // known to the agent since 2026; an older one ignores it
    ...(from === undefined ? {} : { allowed_ips: [from, dockerAddress] }),
  };
  return `# Written by kube-control.\n${stringify({ logs: [entry] }, { lineWidth: 0 })}`;
}
