import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "./error";
import type { DialledHost, Host } from "./host";
import { keyscan, sshPort, verifyKeys } from "./known-hosts";
import { absolutePath } from "./path";
import { pinnedKey } from "./pinned-key";
import type { JumpHost } from "./ssh-options";

/** A jump host. */
export interface ProxyJump {
  /** Address or name. */
  readonly host: string;
  /**
   * TCP port of its sshd.
   *
   * @default 22
   */
  readonly port?: number;
  /**
   * Login name on the jump host.
   *
   * @default the login name on the host behind it
   */
  readonly user?: string;
  /**
   * Its public key, e.g. `ssh-ed25519 AAAA…`.
   *
   * @default its key in `knownHostsFile`
   */
  readonly hostKey?: string;
}

/** A host's name and address, and how to log in there. */
export interface SshHostArgs {
  /** Short name: the machine's host name, its name as a Kubernetes node, and its name in resources and errors. */
  readonly name: string;
  /**
   * IPv4 address of the machine on the stack's network, to which SSH connects. It may be an output of a virtual
   * machine.
   */
  readonly address: pulumi.Input<string>;
  /** Login name. A user other than root needs sudo without a password. */
  readonly user: string;
  /**
   * TCP port of sshd.
   *
   * @default 22
   */
  readonly port?: number;
  /** Path of the private key, which must not have a passphrase. Excludes {@link agent}. */
  readonly privateKeyFile?: string;
  /**
   * Whether the keys of the operator's ssh agent are used. Excludes {@link privateKeyFile}.
   *
   * @default false
   */
  readonly agent?: boolean;
  /** Path of a known_hosts file that contains the host's key. Required unless {@link hostKey} is given. */
  readonly knownHostsFile?: string;
  /**
   * The host's public key as in known_hosts, e.g. `ssh-ed25519 AAAA…`. It may be an output of a virtual machine.
   *
   * @default its key in {@link knownHostsFile}
   */
  readonly hostKey?: pulumi.Input<string>;
  /**
   * The jump host for connections to this host.
   *
   * @default a direct connection
   */
  readonly proxyJump?: ProxyJump;
}

/** A host whose address is known to the program. */
export interface DialledHostArgs extends SshHostArgs {
  readonly address: string;
  readonly hostKey?: string;
}

/**
 * Creates a host. It reads the private key, and pins the host's public key: a host with another key is refused. If the
 * address is an output, the key is looked up in known_hosts when the address is known.
 *
 * @example
 * ```ts
 * import { sshHost } from "kube-control";
 *
 * export const master = sshHost({
 *   name: "k8s-master1",
 *   address: "192.0.2.11",
 *   user: "ops",
 *   privateKeyFile: "~/.ssh/id_ed25519",
 *   knownHostsFile: "~/.ssh/known_hosts",
 * });
 * ```
 *
 * @throws UserError if not exactly one of key file and agent is given, if a file cannot be read, or if no key of the
 * host is known
 */
export function sshHost(args: DialledHostArgs): DialledHost;
export function sshHost(args: SshHostArgs): Host;
export function sshHost(args: SshHostArgs): Host {
  const { name, address, user, port = sshPort, proxyJump } = args;
  const key = login(args);
  const knownHosts = args.knownHostsFile === undefined ? undefined : read(args, "knownHostsFile", args.knownHostsFile);
  const pinOf = (where: string, title: string, dialledAt: string, atPort: number) =>
    keyOf(args, { where, title, address: dialledAt, port: atPort, knownHosts });
  const pinned = (at: string) => pinOf("hostKey", name, at, port);
  const jump: JumpHost | undefined = proxyJump && {
    host: proxyJump.host,
    port: proxyJump.port ?? sshPort,
    user: proxyJump.user ?? user,
    hostKey:
      proxyJump.hostKey ?? pinOf("proxyJump.hostKey", "the jump host", proxyJump.host, proxyJump.port ?? sshPort),
  };
  const hostKey =
    args.hostKey ?? (typeof address === "string" ? pinned(address) : pulumi.output(address).apply(pinned));
  return {
    name,
    address,
    ssh: { user, port, ...key, hostKey, ...(jump === undefined ? {} : { proxyJump: jump }) },
  };
}

/** The private key, or nothing with the agent. */
function login(args: SshHostArgs): Pick<Host["ssh"], "privateKey" | "privateKeyFile"> {
  const { privateKeyFile, agent = false } = args;
  if (privateKeyFile !== undefined && agent) {
    throw mistake(args, "privateKeyFile", "is set together with agent: true", "Remove one of the two.");
  }
  if (privateKeyFile !== undefined) {
    const privateKey = pulumi.secret(read(args, "privateKeyFile", privateKeyFile));
    return { privateKey, privateKeyFile: absolutePath(privateKeyFile) };
  }
  if (!agent) {
    throw mistake(args, "privateKeyFile", "is missing", "Name the private key that logs in, or set agent to true.");
  }
  return {};
}

interface Looked {
  readonly where: string;
  readonly title: string;
  readonly address: string;
  readonly port: number;
  readonly knownHosts: string | undefined;
}

function keyOf(args: SshHostArgs, { where, title, address, port, knownHosts }: Looked): string {
  if (knownHosts === undefined) {
    throw mistake(args, where, "is missing", "Give the host's public key, or a knownHostsFile that contains it.");
  }
  const pinned = pinnedKey(knownHosts, address, port);
  if ("hostKey" in pinned) return pinned.hostKey;
  const found = {
    unknown: "contains no key",
    certified: "contains only an authority (@cert-authority)",
    revoked: "marks every key as revoked (@revoked)",
  }[pinned.missing];
  throw mistake(
    args,
    "knownHostsFile",
    `${args.knownHostsFile} ${found} of ${title} (${address})`,
    `Add the line that \`${keyscan([address], port)}\` prints. ${verifyKeys}`,
  );
}

function read(args: SshHostArgs, field: string, path: string): string {
  try {
    return readFileSync(absolutePath(path), "utf8");
  } catch (error) {
    throw mistake(
      args,
      field,
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code})`,
      "Correct the path.",
    );
  }
}

function mistake({ name }: SshHostArgs, field: string, what: string, whatToDo: string): UserError {
  return new UserError(what, `sshHost ${name}, ${field}`, whatToDo);
}
