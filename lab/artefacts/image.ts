import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
const configType = "application/vnd.docker.container.image.v1+json";
const layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** How a container of the image starts; field names are the image format's, times are in nanoseconds. */
export type ImageConfig = Readonly<Record<string, unknown>>;

interface Blob {
  readonly digest: string;
  readonly size: number;
}

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Writes an image into a folder, each file where a registry's API has it below the repository: `blobs/DIGEST`,
 * `manifests/DIGEST` and `manifests/TAG`. A web server is then a registry. The same layers give the same digests.
 *
 * @param layers tar archives, lowest first
 */
export async function writeImage(
  folder: string,
  tag: string,
  layers: readonly Buffer[],
  config: ImageConfig,
): Promise<void> {
  await mkdir(join(folder, "blobs"), { recursive: true });
  await mkdir(join(folder, "manifests"));
  const packed: Blob[] = [];
  for (const layer of layers) {
    packed.push(await writeBlob(folder, layerType, await promisify(gzip)(layer, { level: 3 })));
  }
  const created = "1970-01-01T00:00:00Z";
  const description = {
    architecture: "amd64",
    os: "linux",
    created,
    config: { Env: [defaultPath], WorkingDir: "/", ...config },
    rootfs: { type: "layers", diff_ids: layers.map(digestOf) },
    history: layers.map(() => ({ created })),
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: manifestType,
    config: await writeBlob(folder, configType, Buffer.from(JSON.stringify(description))),
    layers: packed,
  };
  const text = Buffer.from(JSON.stringify(manifest));
  await Promise.all([tag, digestOf(text)].map((name) => writeFile(join(folder, "manifests", name), text)));
}

export const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

async function writeBlob(folder: string, mediaType: string, bytes: Buffer): Promise<Blob & { mediaType: string }> {
  const digest = digestOf(bytes);
  await writeFile(join(folder, "blobs", digest), bytes);
  return { mediaType, digest, size: bytes.length };
}
