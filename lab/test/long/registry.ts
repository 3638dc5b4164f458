import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { digestOf, manifestType } from "../../artefacts/image";
import { tarBuffer } from "../../artefacts/tar";

const oci = "application/vnd.oci.image";
const docker = "application/vnd.docker";

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

export const amd64: Platform = { os: "linux", architecture: "amd64" };
export const arm64: Platform = { os: "linux", architecture: "arm64" };

/** A manifest or a list of manifests, with its media type. */
interface Manifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

type Format = "docker" | "oci" | "oci with zstd";

/** The content of a registry, by path below /v2/REPOSITORY/. */
export class Images {
  readonly manifests = new Map<string, Manifest>();
  readonly blobs = new Map<string, Buffer>();

  /** An image with one layer and one file. */
  async image(text: string, platform: Platform, format: Format = "docker"): Promise<Manifest> {
    const layer = await tarBuffer([{ path: "text", content: text }]);
    const isOci = format !== "docker";
    const [kind, packed] = format === "oci with zstd" ? ["zstd", zstdFrame(layer)] : ["gzip", gzipSync(layer)];
    const config = { ...platform, config: {}, rootfs: { type: "layers", diff_ids: [digestOf(layer)] } };
    return this.manifest(isOci ? `${oci}.manifest.v1+json` : manifestType, {
      config: {
        mediaType: isOci ? `${oci}.config.v1+json` : `${docker}.container.image.v1+json`,
        ...this.blob(Buffer.from(JSON.stringify(config))),
      },
      layers: [
        {
          mediaType: isOci ? `${oci}.layer.v1.tar+${kind}` : `${docker}.image.rootfs.diff.tar.gzip`,
          ...this.blob(packed),
        },
      ],
    });
  }

  /** The list of an image's manifests for several platforms. */
  list(images: readonly (readonly [Platform, Manifest])[], format: Format = "docker"): Manifest {
    const type = format === "docker" ? `${docker}.distribution.manifest.list.v2+json` : `${oci}.index.v1+json`;
    return this.manifest(type, {
      manifests: images.map(([platform, { mediaType, bytes }]) => ({
        mediaType,
        digest: digestOf(bytes),
        size: bytes.length,
        platform,
      })),
    });
  }

  private manifest(mediaType: string, content: object): Manifest {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...content }));
    this.manifests.set(digestOf(bytes), { mediaType, bytes });
    return { mediaType, bytes };
  }

  private blob(bytes: Buffer): { digest: string; size: number } {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  }
}

/** A zstd frame with one uncompressed block, because Node.js 20 has no zstd. */
function zstdFrame(bytes: Buffer): Buffer {
  // single segment, with a content size of four bytes
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32LE(bytes.length, 5);
  // the last block, raw
  head.writeUIntLE(bytes.length * 8 + 1, 9, 3);
  return Buffer.concat([head, bytes]);
}

/** Answers as a public registry does: gives a token to any client, and requires it. */
export function registryAnswer(images: Images): Answer {
  return ({ url = "", headers }, response) => {
    const base = `http://${headers.host}`;
    const { pathname } = new URL(url, base);
    if (pathname === "/token") {
      response.setHeader("Content-Type", "application/json").end('{"token":"for-anyone"}');
    } else if (headers.authorization !== "Bearer for-anyone") {
      const challenge = `Bearer realm="${base}/token",service="registry",scope="repository:any:pull"`;
      response.writeHead(401, { "WWW-Authenticate": challenge }).end();
    } else {
      const [, kind = "", name = ""] = /\/(manifests|blobs)\/([^/]+)$/.exec(pathname) ?? [];
      const manifest = kind === "manifests" ? images.manifests.get(name) : undefined;
      const bytes = manifest?.bytes ?? images.blobs.get(name);
      if (manifest !== undefined) response.setHeader("Content-Type", manifest.mediaType);
      response.writeHead(bytes === undefined && pathname !== "/v2/" ? 404 : 200).end(bytes);
    }
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts a server on loopback; returns its URL and a function that stops it. */
export async function serve(answer: Answer): Promise<{ readonly url: string; readonly close: () => void }> {
  const server = createServer(answer);
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
