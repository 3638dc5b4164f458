import * as pulumi from "@pulumi/pulumi";
import type { JumpHost } from "./ssh-options";

/** How to connect to a host over SSH. Created by `sshHost`. */
export interface SshAccess {
  /** Login name. A user other than root needs sudo without a password. */
  readonly user: string;
  /** TCP port of sshd. */
  readonly port: number;
  /** Content of the private key, as a secret. Without it, the keys of the operator's ssh agent are used. */
  readonly privateKey?: pulumi.Output<string>;
  /**
   * Absolute path of the private key, for clients that need a file (the docker provider, ssh). Set if `privateKey` is.
   */
  readonly privateKeyFile?: string;
  /** The host's pinned public key as in known_hosts, e.g. `ssh-ed25519 AAAA…`. */
  readonly hostKey: pulumi.Input<string>;
  /** The jump host for all connections. @default direct connections */
  readonly proxyJump?: JumpHost;
}

/** A Linux machine (Debian or Ubuntu) that kube-control configures. Created by `sshHost`. */
export interface Host {
  /** Short name: the machine's host name, its name as a Kubernetes node, and its name in resources and errors. */
  readonly name: string;
  /** IPv4 address of the machine on the stack's network, to which SSH connects. */
  readonly address: pulumi.Input<string>;
  readonly ssh: SshAccess;
}

/** A host whose address and key are known before any resource is registered, so that the program can connect to it. */
export interface DialledHost extends Host {
  readonly address: string;
  readonly ssh: DialledAccess;
}

interface DialledAccess extends SshAccess {
  readonly hostKey: string;
}

/**
 * The host once its address and key are known. The private key is left out: Pulumi would treat the result as a secret.
 */
export function dialled({ name, address, ssh: { privateKey: _, ...access } }: Host): pulumi.Output<DialledHost> {
  return pulumi
    .all([address, access.hostKey])
    .apply(([known, hostKey]) => ({ name, address: known, ssh: { ...access, hostKey } }));
}

/** A host in a component's inputs in the state. SSH access is left out, because it differs between operators. */
export function hostInputs({ name, address }: Host): pulumi.Inputs {
  return { name, address };
}
