import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { blobFile, manifestType, writeImage } from "../../artefacts/image";
import { push } from "../../artefacts/registry";
import { scratchFolder } from "../scratch";

/** The part of the registry's API that a push needs; it takes only what fits its digest. */
class Registry {
  readonly calls: string[] = [];
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  /** Answers a call with an error instead: `METHOD path`. */
  broken: RegExp | undefined;
  /** Registries may answer with an absolute address or with a path, and have their own query in it. */
  location = (path: string) => `${path}?_state=abc`;
  private readonly server: Server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((done) => this.server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    const url = new URL(request.url ?? "", "http://registry");
    const call = `${request.method} ${url.pathname}`;
    this.calls.push(call.replace(/sha256:[0-9a-f]+$/, (digest) => digest.slice(7, 15)));
    const reply = (status: number, headers: Record<string, string> = {}, text = "") =>
      response.writeHead(status, headers).end(text);
    if (this.broken?.test(call)) {
      reply(500, {}, `{"errors":[{"code":"UNKNOWN","message":"no space left on device"}]}`);
      return;
    }
    const [, repository = "", kind = "", reference = ""] =
      /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests)\/([^/]*)$/.exec(url.pathname) ?? [];
    const key = `${repository}:${reference}`;
    const digest = `sha256:${createHash("sha256").update(body).digest("hex")}`;
    switch (`${request.method} ${kind}`) {
      case "HEAD manifests": {
        const held = this.manifests.get(key);
        const known = createHash("sha256").update(held ?? "");
        return void reply(held && request.headers.accept === manifestType ? 200 : 404, {
          "docker-content-digest": `sha256:${known.digest("hex")}`,
        });
      }
      case "PUT manifests":
        this.manifests.set(key, body);
        return void reply(request.headers["content-type"] === manifestType && this.complete(body) ? 201 : 400);
      case "HEAD blobs":
        return void reply(this.blobs.has(reference) ? 200 : 404);
      case "POST blobs/uploads":
        return void reply(202, { location: this.location(`/v2/${repository}/blobs/uploads/1`) });
      case "PUT blobs/uploads":
        if (url.searchParams.get("digest") !== digest || url.searchParams.get("_state") !== "abc")
          return void reply(400);
        this.blobs.set(digest, body);
        return void reply(201);
      default:
        reply(405);
    }
  }

  /** A manifest is taken after everything that it names. */
  private complete(manifest: Buffer): boolean {
    const { config, layers } = JSON.parse(manifest.toString()) as {
      config: { digest: string };
      layers: { digest: string }[];
    };
    return [config, ...layers].every(({ digest }) => this.blobs.has(digest));
  }
}

let registry: Registry;
let address: string;
beforeEach(async () => {
  registry = new Registry();
  address = await registry.start();
});
afterEach(() => registry.stop());

async function imageOf(program: string) {
  const folder = scratchFolder();
  await writeImage(folder, [Buffer.from("the same in each"), Buffer.from(program)], { Entrypoint: ["/program"] });
  return { repository: "coredns/coredns", tag: "v1", folder };
}
const uploads = () => registry.calls.filter((call) => call.startsWith("PUT") && call.includes("uploads")).length;

test.each([
  ["a path", (path: string) => `${path}?_state=abc`],
  ["an address", (path: string) => `${address}${path}?_state=abc`],
])("all blobs go to where the registry says by %s, the manifest last", async (_what, location) => {
  registry.location = location;
  const image = await imageOf("one");
  expect(await push(address, image)).toBe(true);
  expect(uploads()).toBe(3);
  expect(registry.calls.at(-1)).toBe("PUT /v2/coredns/coredns/manifests/v1");
  expect(registry.calls.filter((call) => call.includes("PUT /v2/coredns/coredns/manifests"))).toHaveLength(1);
  for (const [digest, bytes] of registry.blobs) {
    expect(bytes.equals(readFileSync(blobFile(image.folder, digest)))).toBe(true);
  }
  expect(registry.manifests.get("coredns/coredns:v1")).toEqual(readFileSync(join(image.folder, "manifest.json")));
});

test("an image that is there is asked for once, and nothing is sent", async () => {
  const image = await imageOf("one");
  await push(address, image);
  registry.calls.length = 0;
  expect(await push(address, image)).toBe(false);
  expect(registry.calls).toEqual(["HEAD /v2/coredns/coredns/manifests/v1"]);
});

test("another image under the same tag replaces it, the layer that both have left out", async () => {
  await push(address, await imageOf("one"));
  registry.calls.length = 0;
  const other = await imageOf("two");
  expect(await push(address, other)).toBe(true);
  expect(uploads()).toBe(2);
  expect(registry.manifests.get("coredns/coredns:v1")).toEqual(readFileSync(join(other.folder, "manifest.json")));
});

test("a push that broke off goes on where it stopped", async () => {
  const image = await imageOf("one");
  registry.broken = /^PUT .*manifests/;
  await expect(push(address, image)).rejects.toThrow();
  expect(registry.blobs.size).toBe(3);
  registry.broken = undefined;
  registry.calls.length = 0;
  expect(await push(address, image)).toBe(true);
  expect(uploads()).toBe(0);
});

test.each([
  ["begin an upload", /^POST/, "/v2/coredns/coredns/blobs/uploads/"],
  ["take a blob", /^PUT .*uploads/, "/v2/coredns/coredns/blobs/uploads/1"],
  ["take the manifest", /^PUT .*manifests/, "/v2/coredns/coredns/manifests/v1"],
])("a registry that cannot %s is quoted, and no manifest names what is missing", async (_what, broken, path) => {
  registry.broken = broken;
  await expect(push(address, await imageOf("one"))).rejects.toMatchObject({
    name: "LabError",
    message: `the image registry answered 500 to ${path}`,
    details: expect.stringContaining("no space left on device"),
    todo: expect.stringContaining("npm run lab -- logs services"),
  });
  expect(registry.manifests.size).toBe(0);
});
