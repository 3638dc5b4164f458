// The tests of the Cloudflare and Datadog plugins check the requests, which the stand-ins do not expose.

import { createServer, type IncomingMessage } from "node:http";

export interface RecordedCall {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: unknown;
}

interface RecordedAnswer {
  readonly status?: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A fake vendor API on loopback. It records calls and gives the answers that the test sets. */
export interface RecordingApi {
  readonly url: string;
  readonly calls: RecordedCall[];
  /** Answers each call; undefined gives a 404. */
  answer: (call: RecordedCall) => RecordedAnswer | undefined;
  close(): Promise<void>;
}

export async function startRecordingApi(): Promise<RecordingApi> {
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const call = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      calls.push(call);
      const answer: RecordedAnswer = api.answer(call) ?? {
        status: 404,
        body: { errors: [{ code: 81044, message: "not found" }] },
      };
      response.writeHead(answer.status ?? 200, {
        "content-type": "application/json",
        connection: "close",
        ...answer.headers,
      });
      response.end(answer.status === 204 ? undefined : JSON.stringify(answer.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const api: RecordingApi = {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    calls,
    answer: () => undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return api;
}
