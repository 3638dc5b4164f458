import { connect as connectTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, utils, type ConnectConfig } from "ssh2";
import type { Connection, Endpoint } from "./inputs";

/** Pauses between dials, as the official plugin makes them: growing from a tenth of a second to five seconds. */
const pauses = { first: 100, factor: 1.5, longest: 5000 };

/** Milliseconds that the SSH handshake and login may take once the TCP connection stands. */
const handshakeTimeout = 60_000;

export interface Dialling {
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** An SSH connection to the host, through its proxy where it has one. The caller ends it. */
export async function dial(connection: Connection, { signal, progress }: Dialling): Promise<Client> {
  const { proxy } = connection;
  if (proxy === undefined) {
    return withRetries("Dial", connection, signal, progress, () => connect(connection));
  }
  let bastion: Client | undefined;
  try {
    bastion = await withRetries("Dial proxy", proxy, signal, progress, () => connect(proxy));
    const through = bastion;
    const client = await withRetries("Dial from proxy", connection, signal, progress, async () =>
      handshake(connection, await forward(through, connection)),
    );
    client.once("close", () => through.end());
    return client;
  } catch (error) {
    bastion?.end();
    throw new Error(`proxy: ${messageOf(error)}`, { cause: error });
  }
}

async function withRetries<T>(
  what: string,
  endpoint: Endpoint,
  signal: AbortSignal,
  progress: (line: string) => void,
  attempt: () => Promise<T>,
): Promise<T> {
  const limit = endpoint.dialErrorLimit;
  let pause = pauses.first;
  for (let failed = 0; ;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof Unusable) {
        throw error;
      }
      failed++;
      if (limit > -1 && failed > limit) {
        throw new Error(`after ${limit} failed attempts: ${messageOf(error)}`, { cause: error });
      }
      progress(`${what} ${failed}/${limit === -1 ? "inf" : limit} failed: retrying`);
    }
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * pauses.factor, pauses.longest);
  }
}

/** A connection that no retry can mend: its own settings are wrong. */
class Unusable extends Error {}

async function connect(endpoint: Endpoint): Promise<Client> {
  configuration(endpoint);
  return handshake(endpoint, await openSocket(endpoint));
}

function openSocket({ host, port, perDialTimeout }: Endpoint): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
    const timer =
      perDialTimeout === 0
        ? undefined
        : setTimeout(() => socket.destroy(new Error("i/o timeout")), perDialTimeout * 1000);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", failed);
      resolve(socket);
    });
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(new Error(`dial tcp ${host}:${port}: ${error.message}`));
    };
    socket.once("error", failed);
  });
}

function forward(bastion: Client, { host, port }: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    bastion.forwardOut("127.0.0.1", 0, host, port, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

function handshake(endpoint: Endpoint, sock: Duplex): Promise<Client> {
  const where = `${endpoint.user}@${endpoint.host}:${endpoint.port}`;
  return new Promise((resolve, reject) => {
    const client = new Client();
    let mismatch: string | undefined;
    const verifier = hostVerifier(endpoint, (shown) => (mismatch = shown));
    client.once("ready", () => resolve(client));
    // Not `once`: what a client that is being ended still has to complain about must not end the process.
    client.on("error", (error) => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${mismatch ?? reasonOf(error)} (${where})`));
    });
    client.once("close", () => reject(new Error(`ssh: handshake failed: EOF (${where})`)));
    client.connect({ ...configuration(endpoint), ...verifier, sock });
  });
}

function configuration(endpoint: Endpoint): ConnectConfig {
  if (endpoint.hostKey !== undefined && hostKeyOf(endpoint.hostKey) === undefined) {
    throw new Unusable("failed to parse host key: ssh: no key found");
  }
  if (endpoint.privateKey !== undefined) {
    const key = utils.parseKey(endpoint.privateKey, endpoint.privateKeyPassword);
    if (key instanceof Error) {
      throw new Unusable(`ssh: the private key cannot be read: ${key.message}`);
    }
  }
  return {
    username: endpoint.user,
    privateKey: endpoint.privateKey,
    passphrase: endpoint.privateKeyPassword,
    password: endpoint.password,
    tryKeyboard: false,
    agent: endpoint.agentSocketPath ?? process.env["SSH_AUTH_SOCK"],
    readyTimeout: handshakeTimeout,
  };
}

/** The type and the bytes of a public key in the form `ssh-ed25519 AAAA… comment`. */
function hostKeyOf(line: string): { type: string; key: Buffer } | undefined {
  const match = /(?:^|\s)((?:ssh-|ecdsa-)\S+)\s+([A-Za-z0-9+/]+=*)/.exec(line.trim());
  return match?.[1] && match[2] ? { type: match[1], key: Buffer.from(match[2], "base64") } : undefined;
}

/** Pins the host's key: only its algorithm is offered, and only its bytes are taken. */
function hostVerifier({ hostKey }: Endpoint, refuse: (reason: string) => void): ConnectConfig {
  const pinned = hostKey === undefined ? undefined : hostKeyOf(hostKey);
  if (pinned === undefined) {
    return {};
  }
  return {
    algorithms: { serverHostKey: [pinned.type as "ssh-ed25519"] },
    hostVerifier: (shown: Buffer) => {
      const same = pinned.key.equals(shown);
      if (!same) {
        refuse("ssh: host key mismatch");
      }
      return same;
    },
  };
}

function reasonOf(error: Error & { level?: string }): string {
  if (error.level === "client-authentication") {
    return "ssh: unable to authenticate, no supported methods remain";
  }
  return /no matching host key format/.test(error.message)
    ? "ssh: no common algorithm for host key: the host has none of the pinned key's type"
    : `ssh: ${error.message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
