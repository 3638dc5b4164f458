import * as pulumi from "@pulumi/pulumi";
import type { JumpHost } from "./ssh-options";

/** How a host is reached over SSH. Made by `sshHost`. */
export interface SshAccess {
  /** Login name; an ordinary user needs password-less sudo. */
  readonly user: string;
  /** TCP port of sshd. */
  readonly port: number;
  /** The private key's contents (a Pulumi secret). Left out, the keys of the operator's ssh agent log in. */
  readonly privateKey?: pulumi.Output<string>;
  /** Absolute path of the private key, for clients that take a file (the docker provider, ssh). Set where the key is. */
  readonly privateKeyFile?: string;
  /** The host's pinned public key as known_hosts holds it, e.g. `ssh-ed25519 AAAA…`. */
  readonly hostKey: pulumi.Input<string>;
  /** The host through which all others are reached. Default: hosts are dialled directly. */
  readonly proxyJump?: JumpHost;
}

/** A Linux machine (Debian or Ubuntu) that kube-control configures. Made by `sshHost`. */
export interface Host {
  /** Short name: the machine's host name, its Kubernetes node name, and what errors call it. It names resources. */
  readonly name: string;
  /** IPv4 address that the machine has on the stack's network and that SSH dials. */
  readonly address: pulumi.Input<string>;
  readonly ssh: SshAccess;
}

/** A host whose address and key are known before any resource is registered, so that the program itself can dial it. */
export interface DialledHost extends Host {
  readonly address: string;
  readonly ssh: DialledAccess;
}

interface DialledAccess extends SshAccess {
  readonly hostKey: string;
}

/** The host once its address and its key are known. Without the private key, which would make a secret of all that uses it. */
export function dialled({ name, address, ssh: { privateKey: _, ...access } }: Host): pulumi.Output<DialledHost> {
  return pulumi
    .all([address, access.hostKey])
    .apply(([known, hostKey]) => ({ name, address: known, ssh: { ...access, hostKey } }));
}

/** What a component's inputs in the state tell of a host. How it is reached differs from one operator to the next. */
export function hostInputs({ name, address }: Host): pulumi.Inputs {
  return { name, address };
}
