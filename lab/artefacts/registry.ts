import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../base/error";
import { type Blob, blobFile, digestOf, manifestType } from "./image";

/** An image in a folder of {@link writeImage}, and the name it gets in the registry. */
export interface NamedImage {
  /** E.g. `coredns/coredns`. */
  readonly repository: string;
  readonly tag: string;
  readonly folder: string;
}

interface Manifest {
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

/**
 * Pushes an image by the registry's HTTP API, what it holds already left out.
 *
 * @param registry base address, e.g. `http://192.168.2.10:5000`
 * @returns whether anything was pushed
 */
export async function push(registry: string, { repository, tag, folder }: NamedImage): Promise<boolean> {
  const text = await readFile(join(folder, "manifest.json"));
  const base = `${registry}/v2/${repository}`;
  const there = await fetch(`${base}/manifests/${tag}`, { method: "HEAD", headers: { Accept: manifestType } });
  if (there.ok && there.headers.get("docker-content-digest") === digestOf(text)) {
    return false;
  }
  const manifest = JSON.parse(text.toString()) as Manifest;
  for (const blob of [...manifest.layers, manifest.config]) {
    if ((await fetch(`${base}/blobs/${blob.digest}`, { method: "HEAD" })).ok) continue;
    const begun = await expectStatus(await fetch(`${base}/blobs/uploads/`, { method: "POST" }), 202);
    const target = new URL(begun.headers.get("location") ?? "", registry);
    target.searchParams.set("digest", blob.digest);
    const upload = fetch(target, {
      method: "PUT",
      headers: { "Content-Type": "application/octet-stream" },
      body: await readFile(blobFile(folder, blob.digest)),
    });
    await expectStatus(await upload, 201);
  }
  const headers = { "Content-Type": manifestType };
  await expectStatus(await fetch(`${base}/manifests/${tag}`, { method: "PUT", headers, body: text }), 201);
  return true;
}

async function expectStatus(response: Response, status: number): Promise<Response> {
  if (response.status !== status) {
    throw new LabError(
      `the image registry answered ${response.status} to ${new URL(response.url).pathname}`,
      "See `npm run lab -- logs services`.",
      (await response.text()).slice(0, 500),
    );
  }
  return response;
}
