import type * as pulumi from "@pulumi/pulumi";
import type { HostSession } from "./session";
import type { JumpHost } from "./ssh-options";

/** How a host is reached over SSH. Built by the settings, the same for every host of a stack but for the pinned key. */
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
  readonly hostKey: string;
  /** The host through which all others are reached. Default: hosts are dialled directly. */
  readonly proxyJump?: JumpHost;
}

/** A Linux machine (Debian or Ubuntu) that kube-control configures. */
export interface Host {
  /** Short name: the machine's host name, its Kubernetes node name, and what errors call it. */
  readonly name: string;
  /** IPv4 address that the machine has on the stack's network and that SSH dials. */
  readonly address: string;
  readonly ssh: SshAccess;
  /** Whether it answers in this run. Default: it is taken to answer. */
  readonly session?: HostSession;
}
