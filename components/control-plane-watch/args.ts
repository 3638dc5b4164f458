import type * as pulumi from "@pulumi/pulumi";
import type { Adopted, OfStack } from "../datadog-log-pipeline";

/** A host with an API server or a load balancer. */
export interface WatchedHost {
  /** Name in messages and in the tag `watched_host`. */
  readonly name: string;
  /** IPv4 address. */
  readonly address: pulumi.Input<string>;
}

/** A control plane that the agent checks. */
export interface WatchedPlane {
  /** The stack; `fqdn` is the control plane's name. */
  readonly of: OfStack;
  /**
   * TCP port of the API servers, the load balancers and the endpoint.
   *
   * @default 6443
   */
  readonly port?: number;
  /** The hosts of the API servers. */
  readonly masters: WatchedHost[];
  readonly loadBalancers: WatchedHost[];
  /** The address to which the name must resolve. */
  readonly virtualIp: pulumi.Input<string>;
  /**
   * Addresses of the name servers that must resolve the name.
   *
   * @default the resolver of the agent's host
   */
  readonly nameServers?: string[];
  /**
   * The control plane's `certificateValidity`. The check fails if a certificate has less than a quarter of it left.
   *
   * @default a year
   */
  readonly certificateValidity?: string;
  /**
   * Folder on the agent's host with a file for each master, whose time is that of the master's newest backup.
   *
   * @default none: the age of the backups is not checked
   */
  readonly newestBackups?: string;
}

export interface ControlPlaneWatchArgs {
  /** The stack whose checks the monitors evaluate. */
  readonly of: OfStack;
  /** Host name of the agent that runs the checks. */
  readonly agentHost: string;
  /**
   * The control plane's `certificateValidity`.
   *
   * @default a year
   */
  readonly certificateValidity?: string;
  /**
   * Recipients of the notifications: `@name@example.com`, `@slack-ops`.
   *
   * @default none
   */
  readonly notify?: string[];
  /**
   * Hours between two backups of a master: the monitor of their age alerts after two of these intervals. Needs `newestBackups` in
   * the checks.
   *
   * @default none: no monitor watches the backups
   */
  readonly backupHours?: number;
  /**
   * Ids of monitors that an earlier run created in Datadog, but that are not in the state. They are imported.
   *
   * @default nothing is imported
   */
  readonly adopted?: Adopted;
}
