import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, utils, type ConnectConfig } from "ssh2";
import type { Connection, Endpoint } from "./command";

/** Milliseconds between dials, as the official plugin makes them. */
const pauses = { first: 100, factor: 1.5, longest: 5000 };

/** Milliseconds that the SSH handshake and login may take once the TCP connection stands. */
const handshakeTimeout = 60_000;

interface Dialling {
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** An SSH connection to the host. The caller ends it. Keys that cannot be read fail before the first dial. */
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
    // the official plugin dials this way once: a second handshake would go over the same channel
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
async function sshOptions({ user, privateKey, hostKey }: Endpoint): Promise<ConnectConfig> {
  // The form of a public key is `ssh-ed25519 AAAA… comment`.
  const [, algorithm, pinned] = /(?:^|\s)((?:ssh-|ecdsa-)\S+)\s+([A-Za-z0-9+/]+=*)/.exec(hostKey) ?? [];
  if (algorithm === undefined || pinned === undefined) {
    throw new Error("failed to parse host key: ssh: no key found");
  }
  const key = privateKey === undefined ? undefined : utils.parseKey(privateKey);
  if (key instanceof Error) {
    throw new Error(`ssh: the private key cannot be read: ${key.message}`);
  }
  const agent = await dialledAgent();
  return {
    username: user,
    // of two ways to log in by a public key only the first is tried, so the agent is asked where there is no key
    ...(privateKey === undefined ? { agent } : { privateKey }),
    readyTimeout: handshakeTimeout,
    algorithms: { serverHostKey: [algorithm as "ssh-ed25519"] },
    hostVerifier: (shown: Buffer) => Buffer.from(pinned, "base64").equals(shown),
  };
}

/** The agent's socket. The official plugin connects to it whatever logs in, and fails where nobody answers. */
async function dialledAgent(): Promise<string | undefined> {
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
    ? "ssh: no common algorithm for host key: the host has none of the pinned key's type"
    : `ssh: ${error.message}`;
}
