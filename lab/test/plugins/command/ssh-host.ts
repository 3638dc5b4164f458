// The tests of the command plugin need a host that counts connections and can drop them.

import { spawn } from "node:child_process";
import { connect } from "node:net";
import { utils, Server, type Connection } from "ssh2";

/** A host for tests: an SSH server on loopback, which runs commands with bash as this user. */
export interface SshHost {
  readonly port: number;
  /** Its public key, in the format of known_hosts. */
  readonly hostKey: string;
  /** The private key that can log in. */
  readonly privateKey: string;
  /** Algorithms of the public keys that clients offered. */
  readonly offered: string[];
  /** Targets of forwarded connections, as on a jump host. */
  readonly forwarded: string[];
  /** Connections accepted so far. */
  dials(): number;
  /** Command lines run so far. */
  readonly commands: string[];
  /** Drops the next connections before the handshake. */
  dropNext(count: number): void;
  close(): Promise<void>;
}

export function newKeyPair(): { private: string; public: string } {
  for (;;) {
    const pair = utils.generateKeyPairSync("ed25519");
    // ssh2 truncates a public key that begins with a zero byte: one in 256 is unreadable
    if (!(utils.parseKey(pair.private) instanceof Error)) return pair;
  }
}

/** @param privateKey the key that can log in; by default a new one */
export async function startSshHost({ privateKey = newKeyPair().private } = {}): Promise<SshHost> {
  const hostKeys = newKeyPair();
  const allowed = utils.parseKey(privateKey);
  if (allowed instanceof Error) {
    throw allowed;
  }
  const [commands, offered, forwarded]: [string[], string[], string[]] = [[], [], []];
  const open = new Set<Connection>();
  let [dials, drops] = [0, 0];
  const server = new Server({ hostKeys: [hostKeys.private] }, (connection) => {
    dials++;
    open.add(connection);
    connection.on("close", () => open.delete(connection)).on("error", () => undefined);
    if (drops > 0) {
      drops--;
      connection.end();
      return;
    }
    connection.on("authentication", (context) => {
      if (context.method === "publickey" && context.signature === undefined) offered.push(context.key.algo);
      const known =
        context.method === "publickey" &&
        context.key.data.equals(allowed.getPublicSSH()) &&
        (context.signature === undefined || allowed.verify(context.blob!, context.signature, context.hashAlgo));
      if (known) context.accept();
      else context.reject(["publickey"]);
    });
    connection.on("tcpip", (accept, reject, { destIP, destPort }) => {
      forwarded.push(`${destIP}:${destPort}`);
      const socket = connect(destPort, destIP);
      // without a reason, ssh2 reports a failed connection
      socket.once("error", () => reject());
      socket.once("connect", () => {
        const channel = accept();
        channel.on("error", () => undefined).on("close", () => socket.destroy());
        socket.removeAllListeners("error").on("error", () => channel.close());
        socket.pipe(channel).pipe(socket);
      });
    });
    connection.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => {
        commands.push(command);
        const channel = acceptExec();
        const child = spawn("/bin/bash", ["-c", command]);
        channel.pipe(child.stdin).on("error", () => undefined);
        child.stdout.pipe(channel, { end: false });
        child.stderr.pipe(channel.stderr, { end: false });
        channel.on("close", () => child.kill());
        child.on("close", (code, signal) => {
          channel.exit(...((signal === null ? [code ?? 1] : [signal]) as [number]));
          channel.end();
        });
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    hostKey: hostKeys.public.trim(),
    privateKey,
    dials: () => dials,
    commands,
    offered,
    forwarded,
    dropNext: (count) => {
      drops = count;
    },
    close: async () => {
      open.forEach((connection) => connection.end());
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
