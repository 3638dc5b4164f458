import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface DaemonCall {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  // the daemon's own words, which the tests look into
  readonly body: any;
}

interface Container {
  readonly id: string;
  readonly name: string;
  readonly config: Record<string, any>;
  running: boolean;
}

/** As much of a Docker daemon as the plugin asks for, on a socket or a port: it journals, and runs nothing. */
export class DockerDaemon {
  readonly calls: DaemonCall[] = [];
  /** Images that are here, by name. */
  readonly images = new Map<string, { Id: string; RepoDigests: string[] }>();
  /** Images that a registry has. */
  readonly registry = new Map<string, { Id: string; RepoDigests: string[] }>();
  readonly containers = new Map<string, Container>();
  /** What calls whose method and path begin like this are refused with. */
  readonly refusals = new Map<string, { status: number; message: string }>();
  private readonly server: Server;
  private made = 0;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const { method = "", url: path = "", headers } = request;
        const call = { method, path, headers, body: text === "" ? undefined : JSON.parse(text) };
        this.calls.push(call);
        send(this.answer(call), response);
      });
    });
  }

  async listen(at: { path: string } | { port: number; host: string }): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(at, resolve));
    const address = this.server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Method and path of the calls so far, without their queries. */
  asked(): string[] {
    return this.calls.map(({ method, path }) => `${method} ${path.split("?")[0]}`);
  }

  private answer(call: DaemonCall): Answer {
    const { pathname, searchParams } = new URL(call.path, "http://docker");
    const line = `${call.method} ${pathname}`;
    const refused = [...this.refusals].find(([start]) => line.startsWith(start))?.[1];
    if (refused !== undefined) {
      return { status: refused.status, body: { message: refused.message } };
    }
    const [, area = "", of = ""] = /^\/(images|containers|networks)\/(.*)$/.exec(pathname) ?? [];
    switch (area) {
      case "images":
        return this.image(call.method, decodeURIComponent(of), searchParams);
      case "containers":
        return this.container(call, of, searchParams);
      case "networks":
        return { status: 200 };
      default:
        return notFound("page not found");
    }
  }

  private image(method: string, of: string, query: URLSearchParams): Answer {
    if (method === "POST" && of === "create") {
      return this.pull([query.get("fromImage"), query.get("tag")].filter(Boolean).join(":"));
    }
    const name = of.replace(/\/json$/, "");
    const image = this.images.get(name) ?? [...this.images.values()].find(({ Id }) => Id === name);
    if (image === undefined) {
      return notFound(`No such image: ${name}`);
    }
    if (method === "DELETE") {
      this.images.delete(name);
      return { status: 200, body: [{ Deleted: image.Id }] };
    }
    return { status: 200, body: image };
  }

  /** Events, one a line; a failure is the last of them. */
  private pull(name: string): Answer {
    const image = this.registry.get(name);
    const begun = { status: "Pulling from a registry", id: "7" };
    if (image === undefined) {
      const message = `manifest for ${name} not found`;
      return { status: 200, lines: [begun, { errorDetail: { message }, error: message }] };
    }
    this.images.set(name, image);
    return { status: 200, lines: [begun, { status: "Status: Downloaded newer image" }] };
  }

  private container({ method, body }: DaemonCall, of: string, query: URLSearchParams): Answer {
    if (of === "create") {
      return this.create(query.get("name") ?? "", body);
    }
    const [id = "", verb = ""] = of.split("/");
    const found = this.containers.get(id);
    if (found === undefined) {
      return notFound(`No such container: ${id}`);
    }
    switch (`${method} ${verb}`) {
      case "GET json":
        return { status: 200, body: inspected(found) };
      case "POST start":
        found.running = true;
        return { status: 204 };
      case "POST stop": {
        const status = found.running ? 204 : 304;
        found.running = false;
        return { status };
      }
      case "POST update":
        Object.assign(found.config["HostConfig"], body);
        return { status: 200, body: { Warnings: [] } };
      case "DELETE ":
        this.containers.delete(id);
        return { status: 204 };
      default:
        return notFound("page not found");
    }
  }

  private create(name: string, config: Container["config"]): Answer {
    if ([...this.containers.values()].some((other) => other.name === name)) {
      return { status: 409, body: { message: `Conflict. The container name "/${name}" is already in use` } };
    }
    const id = `c${String(++this.made).padStart(3, "0")}`;
    this.containers.set(id, { id, name, config, running: false });
    return { status: 201, body: { Id: id, Warnings: [] } };
  }
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** In the body's place: JSON, one a line. */
  readonly lines?: readonly object[];
}

function notFound(message: string): Answer {
  return { status: 404, body: { message } };
}

function send({ status, body, lines }: Answer, response: ServerResponse): void {
  response.writeHead(status, { "content-type": "application/json" });
  for (const line of lines ?? []) {
    response.write(`${JSON.stringify(line)}\r\n`);
  }
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

/** A container as the daemon shows it: what it was made with, and the daemon's own defaults. */
function inspected({ id, name, config, running }: Container): object {
  const { HostConfig: host, ...rest } = config;
  const published: Record<string, unknown> = host.PortBindings ?? {};
  return {
    Id: id,
    Name: `/${name}`,
    Image: rest["Image"],
    Config: { ...rest, Hostname: rest["Hostname"] ?? id, Env: [...(rest["Env"] ?? []), "PATH=/bin"] },
    HostConfig: {
      ...host,
      ShmSize: 64 * 1024 * 1024,
      IpcMode: "private",
      LogConfig: { Type: "json-file", Config: {} },
    },
    NetworkSettings: {
      Bridge: "",
      // The image exposes a port that nobody published.
      Ports: running ? { "8125/udp": null, ...published } : {},
      Networks: { bridge: { IPAddress: running ? "172.17.0.2" : "", IPPrefixLen: 16, Gateway: "172.17.0.1" } },
    },
    State: { Running: running, ExitCode: running ? 0 : 137 },
  };
}
