import { spawn } from "node:child_process";
import { Agent } from "node:http";
import { Duplex, PassThrough } from "node:stream";
import Docker from "dockerode";

/** Where a Docker daemon is reached: `ssh://user@host:port`, `unix:///path` or `tcp://host:port`. */
export interface Daemon {
  readonly host: string;
  /** Options for ssh, before the host. */
  readonly sshOptions: readonly string[];
}

/** A client of the daemon. Nothing is dialled before its first request, and no variable of the environment counts. */
export function dockerClient({ host, sshOptions }: Daemon): Docker {
  const url = new URL(host);
  switch (url.protocol) {
    case "ssh:":
      return overAgent(new SshAgent(sshArguments(url, sshOptions)));
    case "unix:":
      // With a host, be it that of DOCKER_HOST, the client would not use the socket.
      return new Docker({ protocol: "http", host: "", socketPath: decodeURIComponent(url.pathname) });
    default:
      return new Docker({ protocol: "http", host: url.hostname, port: url.port });
  }
}

/** A client whose every connection the agent makes. The client takes one, which its types do not say. */
function overAgent(agent: Agent): Docker {
  const options: Docker.DockerOptions & { agent: Agent } = { protocol: "http", host: "docker", agent };
  return new Docker(options);
}

/** How ssh is called to speak to a daemon, as the docker command line does. */
function sshArguments(url: URL, options: readonly string[]): string[] {
  // Of two values ssh takes the first, so this one is for where the program has none.
  const limited = options.some((option) => option.includes("ConnectTimeout"));
  return [
    ...options,
    ...(limited ? [] : ["-o", "ConnectTimeout=30"]),
    "-T",
    ...(url.username === "" ? [] : ["-l", decodeURIComponent(url.username)]),
    ...(url.port === "" ? [] : ["-p", url.port]),
    ...["--", url.hostname, "docker", "system", "dial-stdio"],
  ];
}

/** HTTP over `ssh … docker system dial-stdio`, one process a connection; connections are kept for further requests. */
class SshAgent extends Agent {
  constructor(private readonly sshArgs: readonly string[]) {
    super({ keepAlive: true, maxSockets: 4 });
  }

  override createConnection(): Duplex {
    return dialStdio(this.sshArgs);
  }
}

function dialStdio(args: readonly string[]): Duplex {
  const child = spawn("ssh", [...args], { stdio: ["pipe", "pipe", "pipe"] });
  const [requests, answers] = [new PassThrough(), new PassThrough()];
  const stream = Duplex.from({ readable: answers, writable: requests });
  // Ends when ssh has, and not with its pipes: what it complains of is the error, not that the connection broke.
  child.stdout.pipe(answers, { end: false });
  requests.pipe(child.stdin).on("error", () => undefined);
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  child.once("error", (error) => stream.destroy(error));
  child.once("close", (code) => {
    if (code === 0 || code === null) {
      answers.end();
    } else {
      stream.destroy(
        new Error(
          `command [ssh ${args.join(" ")}] has exited with exit status ${code}, make sure the URL is valid, and ` +
            `Docker is installed on the remote host: stderr=${complaint.trim()}`,
        ),
      );
    }
  });
  stream.once("close", () => child.kill());
  // What Node's agent asks of a socket that it keeps, and a pair of pipes has not.
  return Object.assign(stream, {
    setKeepAlive: () => stream,
    setTimeout: () => stream,
    setNoDelay: () => stream,
    ref: () => stream,
    unref: () => stream,
  });
}
