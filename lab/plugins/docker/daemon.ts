import { spawn } from "node:child_process";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { Refusal } from "../protocol/refusal";
import type { Properties } from "../protocol/value";

/** A Docker daemon over `ssh … docker system dial-stdio`, with one process per request. */
export class Daemon {
  private readonly ssh: readonly string[];

  /**
   * Opens no connection yet.
   *
   * @param url `ssh://user@host:port`
   * @param options of ssh, before the host
   */
  constructor(url: URL, options: readonly string[]) {
    const login = ["-T", "-l", decodeURIComponent(url.username), "-p", url.port];
    this.ssh = [...options, ...login, "--", url.hostname, "docker", "system", "dial-stdio"];
  }

  /**
   * Sends a request and returns the last line of the response. Each line is JSON.
   *
   * @param each is called with each line as it arrives
   * @throws Refusal with the daemon's message
   * @throws Error with ssh's output, if ssh fails
   */
  async send(
    method: string,
    path: string,
    body?: object,
    each: (line: Properties) => void = () => undefined,
  ): Promise<Properties> {
    const { answer, reasonOf } = await this.answer(method, path, body);
    let last: Properties = {};
    for await (const line of linesOf(answer, reasonOf)) {
      last = JSON.parse(line) as Properties;
      each(last);
    }
    const { statusCode = 0 } = answer;
    if (statusCode >= 400) {
      throw new Refusal(statusCode, last["message"] as string);
    }
    return last;
  }

  private async answer(method: string, path: string, body: object | undefined): Promise<Answer> {
    const child = spawn("ssh", this.ssh);
    const ended = once(child, "close");
    // Awaited below, and only if the request fails.
    ended.catch(() => undefined);
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    const connection = Duplex.from({ readable: child.stdout, writable: child.stdin });
    const reasonOf = async (error: unknown) => {
      const [code] = (await ended) as [number | null];
      return code === 0 || code === null
        ? error
        : new Error(
            `command [ssh ${this.ssh.join(" ")}] has exited with exit status ${code}, make sure the URL is valid, and ` +
              `Docker is installed on the remote host: stderr=${complaint.trim()}`,
          );
    };
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const headers = { host: "docker", ...(body === undefined ? {} : { "content-type": "application/json" }) };
        request({ method, path, headers, createConnection: () => connection }, resolve)
          .on("error", reject)
          .end(body === undefined ? undefined : JSON.stringify(body));
      });
      return { answer, reasonOf };
    } catch (error) {
      throw await reasonOf(error);
    }
  }
}

interface Answer {
  readonly answer: IncomingMessage;
  /** The reason of a failed request: ssh's own error, if ssh failed. */
  readonly reasonOf: (error: unknown) => Promise<unknown>;
}

async function* linesOf(answer: IncomingMessage, reasonOf: Answer["reasonOf"]): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const chunk of answer.setEncoding("utf8") as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    throw await reasonOf(error);
  }
  if (rest !== "") {
    yield rest;
  }
}
