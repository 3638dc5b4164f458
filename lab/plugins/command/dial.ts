import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, utils, type ConnectConfig } from "ssh2";
import type { Connection } from "./command";

/** Milliseconds between dials, as the official plugin makes them. */
const pauses = { first: 100, factor: 1.5, longest: 5000 };

/** Milliseconds that the SSH handshake and login may take once the TCP connection stands. */
const handshakeTimeout = 60_000;

interface Dialling {
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** An SSH connection to the host. The caller ends it. Keys that cannot be read fail before the first dial. */
export async function dial(connection: Connection, { signal, progress }: Dialling): Promise<Client> {
  const { dialErrorLimit: limit } = connection;
  const options = sshOptions(connection);
  let pause = pauses.first;
  for (let failed = 1; ; failed++) {
    signal.throwIfAborted();
    try {
      return await logIn(connection, { ...options, sock: await openSocket(connection) });
    } catch (error) {
      if (failed > limit) {
        throw new Error(`after ${limit} failed attempts: ${(error as Error).message}`, { cause: error });
      }
      progress(`Dial ${failed}/${limit} failed: retrying`);
    }
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * pauses.factor, pauses.longest);
  }
}

async function openSocket({ host, port, perDialTimeout }: Connection): Promise<Socket> {
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
  const timeout = AbortSignal.timeout(perDialTimeout * 1000);
  try {
    await once(socket, "connect", { signal: timeout });
    return socket;
  } catch (error) {
    socket.destroy();
    throw new Error(`dial tcp ${host}:${port}: ${timeout.aborted ? "i/o timeout" : (error as Error).message}`, {
      cause: error,
    });
  }
}

function logIn({ user, host, port }: Connection, options: ConnectConfig): Promise<Client> {
  const where = `${user}@${host}:${port}`;
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once("ready", () => resolve(client));
    // Not `once`: what a client that is being ended still has to complain about must not end the process.
    client.on("error", (error) => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${reasonOf(error)} (${where})`));
    });
    client.once("close", () => reject(new Error(`ssh: handshake failed: EOF (${where})`)));
    client.connect(options);
  });
}

/** Pins the host's key: only its algorithm is offered, and only its bytes are taken. */
function sshOptions({ user, privateKey, hostKey }: Connection): ConnectConfig {
  // The form of a public key is `ssh-ed25519 AAAA… comment`.
  const [, algorithm, pinned] = /(?:^|\s)((?:ssh-|ecdsa-)\S+)\s+([A-Za-z0-9+/]+=*)/.exec(hostKey) ?? [];
  if (algorithm === undefined || pinned === undefined) {
    throw new Error("failed to parse host key: ssh: no key found");
  }
  const key = utils.parseKey(privateKey);
  if (key instanceof Error) {
    throw new Error(`ssh: the private key cannot be read: ${key.message}`);
  }
  return {
    username: user,
    privateKey,
    readyTimeout: handshakeTimeout,
    algorithms: { serverHostKey: [algorithm as "ssh-ed25519"] },
    hostVerifier: (shown: Buffer) => Buffer.from(pinned, "base64").equals(shown),
  };
}

function reasonOf(error: Error & { level?: string }): string {
  if (error.level === "client-authentication") {
    return "ssh: unable to authenticate, no supported methods remain";
  }
  if (/verification failed/.test(error.message)) {
    return "ssh: host key mismatch";
  }
  return /no matching host key format/.test(error.message)
    ? "ssh: no common algorithm for host key: the host has none of the pinned key's type"
    : `ssh: ${error.message}`;
}
