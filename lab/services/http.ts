import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Journal } from "./journal";

/** A request as a stand-in sees it. */
export interface Call {
  readonly method: string;
  /** Path, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON; a string is sent as it is. Undefined: no body. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What the journal keeps as the request's body, where it is not the body's own JSON (a compressed one). */
  readonly journalledRequest?: unknown;
}

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Address to listen on. Default: all. */
  readonly host?: string;
  readonly journal: Journal;
  /** Bytes of a request's body. Default: 16 MiB. */
  readonly maxBody?: number;
  readonly answer: (call: Call) => Promise<Answer> | Answer;
  /** More paths under /_lab/, not journalled. */
  readonly lab?: (call: Call) => Answer | undefined;
}

export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an HTTP server that journals every call and serves the journal at GET /_lab/journal. */
export async function serve(options: ServeOptions): Promise<Server> {
  const server = createServer((request, response) => {
    void handle(request, options).then(({ status, body, headers }) => {
      const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
      const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/json";
      response.writeHead(status, { ...(text === "" ? {} : { "content-type": type }), ...headers });
      response.end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      }),
  };
}

async function handle(request: IncomingMessage, options: ServeOptions): Promise<Answer> {
  const began = new Date();
  const url = new URL(request.url ?? "/", "http://stand-in");
  const method = request.method ?? "GET";
  try {
    const body = await readBody(request, options.maxBody ?? 16 * 1024 * 1024);
    const call: Call = { method, path: url.pathname, query: url.searchParams, headers: request.headers, body };
    if (url.pathname.startsWith("/_lab/")) {
      return labAnswer(call, options);
    }
    const answer = await options.answer(call);
    options.journal.write({
      time: began.toISOString(),
      method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      status: answer.status,
      request: answer.journalledRequest ?? journalled(body),
      response: answer.body ?? null,
      milliseconds: Date.now() - began.getTime(),
    });
    return answer;
  } catch (error) {
    process.stderr.write(`${method} ${url.pathname}: ${(error as Error).stack}\n`);
    return { status: 500, body: { errors: [(error as Error).message] } };
  }
}

function labAnswer(call: Call, options: ServeOptions): Answer {
  if (call.method === "GET" && call.path === "/_lab/journal") {
    return { status: 200, body: options.journal.read() };
  }
  if (call.method === "GET" && call.path === "/_lab/health") {
    return { status: 200, body: { ok: true } };
  }
  return options.lab?.(call) ?? { status: 404, body: { errors: ["no such page of the lab"] } };
}

async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    // read on to the end, so that the client gets its answer, but keep no more than shows that it is too much
    if (size <= limit + 1) {
      chunks.push(chunk as Buffer);
    }
  }
  return Buffer.concat(chunks);
}

function journalled(body: Buffer): unknown {
  if (body.length === 0) {
    return null;
  }
  const text = body.toString("utf8");
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
