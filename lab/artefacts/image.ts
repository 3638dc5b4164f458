import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { tar, type TarEntry } from "./tar";

export const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
const configType = "application/vnd.docker.container.image.v1+json";
const layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** How a container of the image starts; field names are the image format's. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  /** Times are in nanoseconds. */
  readonly Healthcheck?: {
    readonly Test: readonly string[];
    readonly Interval?: number;
    readonly StartPeriod?: number;
  };
}

export interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** Files that programs look for in any image. */
export const commonEntries: readonly TarEntry[] = [
  { path: "etc", folder: true },
  { path: "etc/group", content: "root:x:0:\nnobody:x:65534:\n" },
  { path: "etc/nsswitch.conf", content: "hosts: files dns\n" },
  { path: "etc/passwd", content: "root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534::/:/sbin/nologin\n" },
  { path: "run", folder: true },
  { path: "tmp", folder: true, mode: 0o1777 },
  { path: "var", folder: true },
];

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Writes an image into a folder: `manifest.json` and `blobs/<sha256>`, ready to be pushed. The same entries give the same
 * digests.
 *
 * @param layers the files of each layer, lowest first
 */
export async function writeImage(
  folder: string,
  layers: readonly (readonly TarEntry[])[],
  config: ImageConfig,
): Promise<void> {
  await mkdir(join(folder, "blobs"), { recursive: true });
  const written = [];
  for (const layer of layers) {
    written.push(await writeLayer(folder, layer));
  }
  const description = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      created: "1970-01-01T00:00:00Z",
      config: { Env: [defaultPath], WorkingDir: "/", ...config },
      rootfs: { type: "layers", diff_ids: written.map((layer) => layer.unpacked) },
      history: written.map(() => ({ created: "1970-01-01T00:00:00Z" })),
    }),
  );
  const configDigest = digestOf(description);
  await writeFile(blobFile(folder, configDigest), description);
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: { mediaType: configType, digest: configDigest, size: description.length },
    layers: written.map(({ digest, size }) => ({ mediaType: layerType, digest, size })),
  };
  await writeFile(join(folder, "manifest.json"), JSON.stringify(manifest));
}

export const blobFile = (folder: string, digest: string) => join(folder, "blobs", digest.replace("sha256:", ""));

export const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

async function writeLayer(folder: string, entries: readonly TarEntry[]): Promise<Blob & { readonly unpacked: string }> {
  const unpacked = createHash("sha256");
  const packed = createHash("sha256");
  const file = join(folder, "layer");
  await pipeline(
    Readable.from(tar(entries)),
    passing((chunk) => unpacked.update(chunk)),
    createGzip({ level: 3 }),
    passing((chunk) => packed.update(chunk)),
    createWriteStream(file),
  );
  const digest = `sha256:${packed.digest("hex")}`;
  await rename(file, blobFile(folder, digest));
  const { size } = await stat(blobFile(folder, digest));
  return { digest, size, unpacked: `sha256:${unpacked.digest("hex")}` };
}

function passing(see: (chunk: Buffer) => void): Transform {
  return new Transform({
    transform(chunk: Buffer, _, next) {
      see(chunk);
      next(null, chunk);
    },
  });
}
