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

/**
 * Pushes an image by the registry's HTTP API, what it holds already left out.
 *
 * @param registry base address, e.g. `http://192.168.2.10:5000`
 * @returns whether anything was pushed
 */
export async function push(registry: string, { repository, tag, folder }: NamedImage): Promise<boolean> {
  const text = await readFile(join(folder, "manifest.json"));
  const { config, layers } = JSON.parse(text.toString()) as { config: Blob; layers: readonly Blob[] };
  const base = `${registry}/v2/${repository}`;
  const manifest = `${base}/manifests/${tag}`;
  const there = await fetch(manifest, { method: "HEAD", headers: { Accept: manifestType } });
  if (there.ok && there.headers.get("docker-content-digest") === digestOf(text)) {
    return false;
  }
  for (const { digest } of [...layers, config]) {
    if ((await fetch(`${base}/blobs/${digest}`, { method: "HEAD" })).ok) continue;
    const begun = await send("POST", `${base}/blobs/uploads/`, 202);
    const target = new URL(begun.headers.get("location") ?? "", registry);
    target.searchParams.set("digest", digest);
    await send("PUT", target, 201, await readFile(blobFile(folder, digest)), "application/octet-stream");
  }
  await send("PUT", manifest, 201, text, manifestType);
  return true;
}

async function send(method: string, url: string | URL, status: number, body?: Buffer, type = ""): Promise<Response> {
  const response = await fetch(url, { method, body, headers: body && { "Content-Type": type } });
  if (response.status !== status) {
    throw new LabError(
      `the image registry answered ${response.status} to ${new URL(response.url).pathname}`,
      "See `npm run lab -- logs services`.",
      (await response.text()).slice(0, 500),
    );
  }
  return response;
}
