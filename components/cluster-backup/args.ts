import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";

export interface ClusterBackupArgs {
  /** The masters, one or more. Each of them backs up its own etcd. */
  readonly masters: Host[];
  /** The cluster, `FQDN:PORT`. The archives name it. */
  readonly cluster: pulumi.Input<string>;
  /**
   * Public keys of age (`age1…`), one or more. The owner of any of their identities can decrypt the archives. The identities
   * must not be on a host of the cluster.
   *
   * @see https://age-encryption.org
   */
  readonly recipients: string[];
  /** The host that gets a copy of each archive. It must not be a master. */
  readonly copyTo: Host;
  /**
   * Archives of each master that stay on it, and on {@link copyTo}: a whole number from 2.
   *
   * @default `defaults.keep`
   */
  readonly keep?: number;
  /**
   * Hours between two archives of a master: a number that divides 24. The masters have different times.
   *
   * @default `defaults.intervalHours`
   */
  readonly intervalHours?: number;
}
