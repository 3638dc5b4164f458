// The tests of the Docker plugin need a daemon that can fail on request, also on machines without Docker.

import { createServer, type Server, type ServerResponse } from "node:http";

export interface DaemonCall {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  // the shape is that of Docker's API; the tests know it
  readonly body: any;
}

interface Container {
  readonly id: string;
  readonly name: string;
  running: boolean;
}

/** A fake Docker daemon on a socket, with the calls that the plugin uses. It records calls and runs no containers. */
export class DockerDaemon {
  readonly calls: DaemonCall[] = [];
  /** Local images, by name. */
  readonly images = new Map<string, { Id: string }>();
  /** Images in a registry, by name. */
  readonly registry = new Map<string, { Id: string }>();
  readonly containers = new Map<string, Container>();
  /** Refusals, by the beginning of a call's method and path. */
  readonly refusals = new Map<string, { status: number; message: string }>();
  private readonly server: Server;
  private made = 0;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const { method = "", url: path = "" } = request;
        const call = { method, path, body: text === "" ? undefined : JSON.parse(text) };
        this.calls.push(call);
        send(this.answer(call), response);
      });
    });
  }

  async listen(socket: string): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(socket, resolve));
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
    const [, area = "", of = ""] = /^\/(images|containers)\/(.*)$/.exec(pathname) ?? [];
    switch (area) {
      case "images":
        return this.image(call.method, decodeURIComponent(of), searchParams);
      case "containers":
        return this.container(call, of, searchParams);
      default:
        return notFound("page not found");
    }
  }

  private image(method: string, of: string, query: URLSearchParams): Answer {
    if (method === "POST" && of === "create") {
      return this.pull(query.get("fromImage") ?? "");
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

  /** The events of a pull, one a line. A failure is the last event. */
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

  private container({ method }: DaemonCall, of: string, query: URLSearchParams): Answer {
    if (of === "create") {
      return this.create(query.get("name") ?? "");
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
      case "DELETE ":
        this.containers.delete(id);
        return { status: 204 };
      default:
        return notFound("page not found");
    }
  }

  private create(name: string): Answer {
    if ([...this.containers.values()].some((other) => other.name === name)) {
      return { status: 409, body: { message: `Conflict. The container name "/${name}" is already in use` } };
    }
    const id = `c${String(++this.made).padStart(3, "0")}`;
    this.containers.set(id, { id, name, running: false });
    return { status: 201, body: { Id: id, Warnings: [] } };
  }
}

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  /** Instead of a body: JSON objects, one a line. */
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

/** The fields of a container's inspection that the plugin reads. */
function inspected({ id, name, running }: Container): object {
  return { Id: id, Name: `/${name}`, State: { Running: running } };
}
