import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { appendLines, linesOf } from "./json-lines";

/** A request to a stand-in. */
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
  /**
   * Sent as JSON.
   *
   * @default no body
   */
  readonly body?: unknown;
  /**
   * The request's body in the journal.
   *
   * @default its JSON, or its text if it is not JSON
   */
  readonly journalledRequest?: unknown;
  /**
   * Whether the call is written to the journal. Set it to false for frequent calls.
   *
   * @default true
   */
  readonly journalled?: boolean;
}

/** Thrown to refuse a call: the response, in the vendor's format. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: unknown,
  ) {
    super(JSON.stringify(body));
  }
}

/** One line of a stand-in's journal: a call that it answered. Without headers, because they hold the secrets. */
interface JournalEntry {
  /** When the call arrived, ISO 8601. */
  readonly time: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly status: number;
  /** Null if there is no body. */
  readonly request: unknown;
  readonly response: unknown;
  readonly milliseconds: number;
}

interface ServeOptions {
  /** 0 chooses a free port. */
  readonly port: number;
  readonly journalFile: string;
  readonly answer: (call: Call) => Promise<Answer> | Answer;
}

export interface Server {
  readonly port: number;
  close(): Promise<void>;
}

/** Starts an HTTP server that writes every call to a journal, and serves the journal at GET /_lab/journal. */
export async function serve(options: ServeOptions): Promise<Server> {
  const server = createServer((request, response) => {
    const answered = handle(request, options).catch(defect);
    void answered.then(({ status, body }) => {
      response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, resolve);
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

/**
 * The JSON of a call's body.
 *
 * @throws Refusal the given one, if the body is not JSON
 */
export function jsonOf({ body }: Call, refused: Refusal): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw refused;
  }
}

async function handle(request: IncomingMessage, { journalFile, answer }: ServeOptions): Promise<Answer> {
  const began = new Date();
  const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://stand-in");
  const { method = "GET", headers } = request;
  if (path === "/_lab/journal") {
    return { status: 200, body: linesOf(journalFile) };
  }
  if (path === "/_lab/health") {
    return { status: 200, body: { ok: true } };
  }
  const chunks: Buffer[] = [];
  let given: Answer;
  try {
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    given = await answer({ method, path, query, headers, body: Buffer.concat(chunks) });
  } catch (error) {
    given = error instanceof Refusal ? error : defect(error);
  }
  if (given.journalled === false) {
    return given;
  }
  const entry: JournalEntry = {
    time: began.toISOString(),
    method,
    path,
    query: Object.fromEntries(query),
    status: given.status,
    request: given.journalledRequest ?? journalled(Buffer.concat(chunks).toString("utf8")),
    response: given.body ?? null,
    milliseconds: Date.now() - began.getTime(),
  };
  appendLines(journalFile, [entry]);
  return given;
}

/** The response after an error in the stand-in or in its journal. */
function defect(error: unknown): Answer {
  process.stderr.write(`${(error as Error).stack}\n`);
  return { status: 500, body: { errors: [(error as Error).message] } };
}

function journalled(body: string): unknown {
  try {
    return body === "" ? null : (JSON.parse(body) as unknown);
  } catch {
    return body;
  }
}
