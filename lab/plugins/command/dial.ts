import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, utils, type ConnectConfig } from "ssh2";
import type { Connection, Endpoint } from "./command";

/** Milliseconds between dials, as in the official plugin. */
const pauses = { first: 100, factor: 1.5, longest: 5000 };

/** Milliseconds that the SSH handshake and the login may take after the TCP connection. */
const handshakeTimeout = 60_000;

interface Dialling {
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** Opens an SSH connection, which the caller ends. An unreadable key is an error before the first dial. */
export async function dial({ proxy, ...host }: Connection, dialling: Dialling): Promise<Client> {
  const options = await sshOptions(host);
  if (proxy === undefined) {
    return retried(host, dialling, "Dial", async () => logIn(host, { ...options, sock: await openSocket(host) }));
  }
  const proxyOptions = await sshOptions(proxy).catch(asProxy);
  const jump = await retried(proxy, dialling, "Dial proxy", async () =>
    logIn(proxy, { ...proxyOptions, sock: await openSocket(proxy) }),
  ).catch(asProxy);
  try {
    const sock = await retried(host, dialling, "Dial from proxy", () => forward(jump, host));
    // once, as in the official plugin: a second handshake would use the same channel
    const client = await logIn(host, { ...options, sock });
    return client.once("close", () => jump.end());
  } catch (error) {
    jump.end();
    return asProxy(error);
  }
}

function asProxy(error: unknown): never {
  throw new Error(`proxy: ${(error as Error).message}`, { cause: error });
}

async function retried<T>(
  { dialErrorLimit: limit }: Endpoint,
  { signal, progress }: Dialling,
  what: string,
  attempt: () => Promise<T>,
): Promise<T> {
  let pause = pauses.first;
  for (let failed = 1; ; failed++) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (failed > limit) {
        throw new Error(`after ${limit} failed attempts: ${(error as Error).message}`, { cause: error });
      }
      progress(`${what} ${failed}/${limit} failed: retrying`);
    }
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * pauses.factor, pauses.longest);
  }
}

async function openSocket({ host, port, perDialTimeout }: Endpoint): Promise<Socket> {
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

function forward(jump: Client, { host, port }: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    jump.forwardOut("127.0.0.1", 0, host, port, (error, channel) =>
      error === undefined ? resolve(channel) : reject(new Error(`ssh: rejected: ${error.message}`)),
    );
  });
}

function logIn({ user, host, port }: Endpoint, options: ConnectConfig): Promise<Client> {
  const where = `${user}@${host}:${port}`;
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.once("ready", () => resolve(client));
    // Not `once`: a later error of a client that is being closed must not crash the process.
    client.on("error", (error) => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${reasonOf(error)} (${where})`));
    });
    client.once("close", () => reject(new Error(`ssh: handshake failed: EOF (${where})`)));
    client.connect(options);
  });
}

/** Pins the host's key: offers only its algorithm, and accepts only that key. */
async function sshOptions({ user, privateKey, hostKey }: Endpoint): Promise<ConnectConfig> {
  // A public key has the format `ssh-ed25519 AAAA… comment`.
  const [, algorithm, pinned] = /(?:^|\s)((?:ssh-|ecdsa-)\S+)\s+([A-Za-z0-9+/]+=*)/.exec(hostKey) ?? [];
  if (algorithm === undefined || pinned === undefined) {
    throw new Error("failed to parse host key: ssh: no key found");
  }
  const key = privateKey === undefined ? undefined : utils.parseKey(privateKey);
  if (key instanceof Error) {
    throw new Error(`ssh: the private key cannot be read: ${key.message}`);
  }
  const agent = await connectedAgent();
  return {
    username: user,
    // ssh2 tries only one public-key method, so the agent is used only without a key
    ...(privateKey === undefined ? { agent } : { privateKey }),
    readyTimeout: handshakeTimeout,
    algorithms: { serverHostKey: [algorithm as "ssh-ed25519"] },
    hostVerifier: (shown: Buffer) => Buffer.from(pinned, "base64").equals(shown),
  };
}

/** The agent's socket. Like the official plugin, it always connects to the agent, and fails if that does not answer. */
async function connectedAgent(): Promise<string | undefined> {
  const path = process.env["SSH_AUTH_SOCK"] ?? "";
  if (path === "") {
    return undefined;
  }
  const socket = connectTcp(path);
  try {
    await once(socket, "connect");
    return path;
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: "no such file or directory",
      ECONNREFUSED: "connection refused",
    };
    throw new Error(`dial unix ${path}: connect: ${reasons[code] ?? message}`, { cause: error });
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: Error & { level?: string }): string {
  if (error.level === "client-authentication") {
    return "ssh: unable to authenticate, no supported methods remain";
  }
  if (/verification failed/.test(error.message)) {
    return "ssh: host key mismatch";
  }
  return /no matching host key format/.test(error.message)
    ? "ssh: no common algorithm for host key: the host has no key of the pinned key's type"
    : `ssh: ${error.message}`;
}
