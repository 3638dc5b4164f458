import { gunzipSync, inflateSync } from "node:zlib";
import { decompress as unzstd } from "fzstd";
import type { Call } from "../http";
import { refusal } from "./refusal";

/** Bytes of a payload before and after decompression. */
const maxPayload = 5 * 1000 * 1000;

/** The real agent compresses with zstd, gzip or deflate. The lab's agent compresses only logs, with gzip. */
const decoders: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  identity: (body) => body,
  gzip: (body) => gunzipSync(body, { maxOutputLength: maxPayload + 1 }),
  deflate: (body) => inflateSync(body, { maxOutputLength: maxPayload + 1 }),
  zstd: (body) => Buffer.from(unzstd(body)),
};

/** The decompressed body of an agent's JSON payload. */
export function payloadOf({ headers, body }: Call): Buffer {
  const type = headers["content-type"] ?? "";
  if (!/^application\/json\b/.test(type)) {
    throw refusal(415, `this stand-in does not know the content type ${type}`);
  }
  const encoding = headers["content-encoding"] ?? "identity";
  const decode = decoders[encoding];
  if (decode === undefined) {
    throw refusal(415, `this stand-in does not know the content encoding ${encoding}`);
  }
  try {
    const plain = decode(body);
    if (plain.length <= maxPayload) return plain;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_BUFFER_TOO_LARGE") {
      throw refusal(400, `cannot decode ${encoding}: ${(error as Error).message}`);
    }
  }
  throw refusal(413, `more than ${maxPayload} bytes`);
}

/** @throws Refusal unless the call has the API key */
export function requireApiKey({ headers }: Call, apiKey: string): void {
  const given = headers["dd-api-key"] ?? "";
  if (given !== apiKey) {
    throw given === "" ? refusal(401, "API key is missing") : refusal(403, "API key is invalid");
  }
}
