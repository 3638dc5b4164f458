import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { LabError } from "../base/error";

export const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
const configType = "application/vnd.docker.container.image.v1+json";
const layerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/** How a container of the image starts. Field names are those of the image format; times are in nanoseconds. */
export type ImageConfig = Readonly<Record<string, unknown>>;

interface Blob {
  readonly digest: string;
  readonly size: number;
}

interface Manifest {
  readonly mediaType: string;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

interface Platform {
  readonly os: string;
  readonly architecture: string;
}

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Writes an image into a folder. The paths are those of the registry API below the repository: `blobs/DIGEST`,
 * `manifests/DIGEST` and `manifests/TAG`. A web server can then serve it as a registry. The same layers give the same digests.
 *
 * @param layers tar archives, lowest first
 */
export async function writeImage(
  folder: string,
  tag: string,
  layers: readonly Buffer[],
  config: ImageConfig,
): Promise<void> {
  await makeFolders(folder);
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
  await writeManifest(folder, tag, Buffer.from(JSON.stringify(manifest)));
}

/**
 * Moves the files of an image that skopeo wrote (`dir:`) to the paths of {@link writeImage}.
 *
 * @throws LabError if the lab's hosts cannot run the image
 */
export async function adoptImage(folder: string, tag: string): Promise<void> {
  await makeFolders(folder);
  const text = await readFile(join(folder, "manifest.json"));
  const { mediaType, config, layers } = JSON.parse(text.toString()) as Manifest;
  // an image may contain the same layer twice
  for (const digest of new Set([config, ...layers].map((blob) => blob.digest))) {
    await rename(join(folder, digest.replace("sha256:", "")), join(folder, "blobs", digest));
  }
  const { os, architecture } = JSON.parse(await readFile(join(folder, "blobs", config.digest), "utf8")) as Platform;
  if (mediaType !== manifestType || os !== "linux" || architecture !== "amd64") {
    throw new LabError(`the image ${folder}:${tag} is ${mediaType} for ${os}/${architecture}, not for linux/amd64`);
  }
  await writeManifest(folder, tag, text);
  await Promise.all(["manifest.json", "version"].map((name) => rm(join(folder, name))));
}

async function makeFolders(folder: string): Promise<void> {
  await Promise.all(["blobs", "manifests"].map((name) => mkdir(join(folder, name), { recursive: true })));
}

async function writeManifest(folder: string, tag: string, text: Buffer): Promise<void> {
  await Promise.all([tag, digestOf(text)].map((name) => writeFile(join(folder, "manifests", name), text)));
}

export const digestOf = (bytes: Buffer) => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

async function writeBlob(folder: string, mediaType: string, bytes: Buffer): Promise<Blob & { mediaType: string }> {
  const digest = digestOf(bytes);
  await writeFile(join(folder, "blobs", digest), bytes);
  return { mediaType, digest, size: bytes.length };
}
