import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { join } from "node:path";
import { type Edited, editedShape, findingsOf, parsersOf, resultsOf, type Served } from "./results";

/** Most bytes of rules and lines that the page may send. */
const MOST_BYTES = 8 * 1024 * 1024;

/** The page loads nothing from elsewhere, and no other website can embed it or read it. */
const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** The files of the page, which browsers run as they are. The package has them beside the command. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["page.html", "text/html"],
  "/page.css": ["page.css", "text/css"],
  "/page.mjs": ["page.mjs", "text/javascript"],
};

/** What the page sends rules and lines to. */
const ACTIONS: Readonly<Record<string, (served: Served, edited: Edited) => unknown>> = {
  "/results": resultsOf,
  "/findings": findingsOf,
};

interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: string;
  readonly allow?: string;
}

const plain = (status: number, text: string): Answer => ({ status, body: `${text}\n` });
const json = (value: unknown): Answer => ({ type: "application/json", body: JSON.stringify(value) });

/** The server of the page, which does not listen yet. It has no state: the page sends everything that was edited. */
export function pageServer(served: Served): Server {
  return createServer((request, response) => {
    void answerTo(request, served)
      .catch((error: unknown) => plain(500, `error: ${error instanceof Error ? error.message : String(error)}`))
      .then(({ status = 200, type = "text/plain", body, allow }) => {
        response.writeHead(status, {
          ...HEADERS,
          "Content-Type": `${type}; charset=utf-8`,
          ...(allow === undefined ? {} : { Allow: allow }),
        });
        response.end(body);
      });
  });
}

async function answerTo(request: IncomingMessage, served: Served): Promise<Answer> {
  const refused = refusal(request);
  if (refused !== undefined) return plain(403, refused);
  const [pathname = "/"] = (request.url ?? "/").split("?");
  const file = own(FILES, pathname);
  const action = own(ACTIONS, pathname);
  if (action !== undefined) {
    if (request.method !== "POST") return { ...plain(405, "use POST"), allow: "POST" };
    return act(request, (edited) => action(served, edited));
  }
  if (file === undefined && pathname !== "/pipeline") return plain(404, "the page is at /");
  if (request.method !== "GET") return { ...plain(405, "use GET"), allow: "GET" };
  if (file !== undefined) return { type: file[1], body: readFileSync(join(__dirname, file[0]), "utf8") };
  const { pipeline, lines } = served;
  return json({ name: pipeline.name, parsers: parsersOf(pipeline), lines });
}

/**
 * Why a request is not from the page. A name that another website made to lead to this machine (DNS rebinding) is in `Host`, and
 * a request by another website's page has its `Origin`.
 */
function refusal({ headers: { host, origin }, socket }: IncomingMessage): string | undefined {
  const hosts = ["127.0.0.1", "localhost"].map((name) => new URL(`http://${name}:${String(socket.localPort)}`).host);
  if (host === undefined || !hosts.includes(host)) return `open http://${hosts[0]}/`;
  return origin === undefined || origin === `http://${host}` ? undefined : "requests of other websites are refused";
}

async function act(request: IncomingMessage, action: (edited: Edited) => unknown): Promise<Answer> {
  // A form of another website cannot send this type.
  if (!/^application\/json\b/.test(request.headers["content-type"] ?? "")) return plain(415, "send application/json");
  const body = await bodyOf(request);
  if (body === undefined) return plain(413, `rules and lines have more than ${MOST_BYTES >> 20} MiB: use fewer lines`);
  let content: unknown;
  try {
    content = JSON.parse(body);
  } catch {
    return plain(400, "the request is not JSON");
  }
  const edited = editedShape.safeParse(content);
  return edited.success ? json(action(edited.data)) : plain(400, "the request must have the form {parsers, lines}");
}

/** The body of a request; undefined if it is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= MOST_BYTES) chunks.push(chunk);
  }
  return length > MOST_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
}

const own = <T>(record: Readonly<Record<string, T>>, key: string) =>
  Object.hasOwn(record, key) ? record[key] : undefined;
