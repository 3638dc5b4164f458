import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { adoptImage, digestOf, type ImageConfig, manifestType, writeImage } from "../../artefacts/image";
import { withFolders } from "../../artefacts/images";
import { tarBuffer, type TarEntry } from "../../artefacts/tar";
import { scratchFolder } from "../scratch";

const layers: readonly (readonly TarEntry[])[] = [
  [{ path: "base", content: "below" }],
  [
    { path: "bin", folder: true },
    { path: "bin/etcd", content: "program", mode: 0o755 },
  ],
];
const config: ImageConfig = { Entrypoint: ["/bin/etcd"], ExposedPorts: { "2379/tcp": {} } };

async function written(what: readonly (readonly TarEntry[])[] = layers, how: ImageConfig = config) {
  const folder = scratchFolder();
  await writeImage(folder, "v1", await Promise.all(what.map(tarBuffer)), how);
  const text = readFileSync(join(folder, "manifests", "v1"), "utf8");
  const manifest = JSON.parse(text) as {
    readonly mediaType: string;
    readonly config: { readonly digest: string; readonly size: number };
    readonly layers: readonly { readonly digest: string; readonly size: number }[];
  };
  const blob = ({ digest }: { readonly digest: string }) => readFileSync(join(folder, "blobs", digest));
  return { folder, text, manifest, blob, description: JSON.parse(blob(manifest.config).toString()) };
}

test("the manifest lists every blob with its digest and size, and there is no other blob", async () => {
  const { folder, manifest, blob } = await written();
  const named = [manifest.config, ...manifest.layers];
  for (const one of named) {
    expect(digestOf(blob(one))).toBe(one.digest);
    expect(blob(one).length).toBe(one.size);
  }
  expect(readdirSync(join(folder, "blobs")).sort()).toEqual(named.map(({ digest }) => digest).sort());
});

test("the manifest is stored under its tag and under its digest", async () => {
  const { folder, text } = await written();
  const digest = digestOf(Buffer.from(text));
  expect(readdirSync(join(folder, "manifests")).sort()).toEqual([digest, "v1"].sort());
  expect(readFileSync(join(folder, "manifests", digest), "utf8")).toBe(text);
});

test("the configuration lists the uncompressed layers, lowest first, and the start settings", async () => {
  const { manifest, blob, description } = await written();
  const unpacked = manifest.layers.map((layer) => {
    const bytes = gunzipSync(blob(layer));
    return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  });
  expect(description.rootfs).toEqual({ type: "layers", diff_ids: unpacked });
  expect(description.history).toHaveLength(layers.length);
  expect(description).toMatchObject({ architecture: "amd64", os: "linux", config });
});

test("the image has a default PATH, unless it sets one", async () => {
  expect((await written()).description.config.Env).toEqual([
    expect.stringMatching(/^PATH=.*\/usr\/local\/bin:.*\/bin$/),
  ]);
  expect((await written(layers, { Env: ["PATH=/only"] })).description.config.Env).toEqual(["PATH=/only"]);
});

test("tar can read a layer", async () => {
  const { manifest, blob } = await written();
  const [below, above] = manifest.layers.map((layer) =>
    execFileSync("tar", ["--list", "--gzip"], { input: blob(layer), encoding: "utf8" })
      .trim()
      .split("\n"),
  );
  expect(below).toEqual(["base"]);
  expect(above).toEqual(["bin/", "bin/etcd"]);
});

test("the same inputs give the same image; another content, mode, order or start does not", async () => {
  const { text } = await written();
  expect((await written()).text).toBe(text);
  const entries = layers[0] ?? [];
  for (const [what, how] of [
    [[[{ path: "base", content: "other" }], ...layers.slice(1)], config],
    [[[{ path: "base", content: "below", mode: 0o600 }], ...layers.slice(1)], config],
    [[layers[1] ?? [], entries], config],
    [layers, { ...config, Entrypoint: ["/bin/other"] }],
  ] as const) {
    expect((await written(what, how)).text).not.toBe(text);
  }
});

test("a layer has the same digest in every image", async () => {
  const [, above] = (await written()).manifest.layers;
  const [alone] = (await written(layers.slice(1), {})).manifest.layers;
  expect(alone).toEqual(above);
});

test("each entry comes after its parent folders, and given folder entries are kept", () => {
  const entries = withFolders([
    { path: "usr/local/bin/etcd", content: "" },
    { path: "usr/local/bin/etcdctl", content: "" },
    { path: "usr/local", folder: true, mode: 0o700 },
    { path: "coredns", content: "" },
  ]);
  expect(entries.map(({ path }) => path)).toEqual([
    "usr",
    "usr/local",
    "usr/local/bin",
    "usr/local/bin/etcd",
    "usr/local/bin/etcdctl",
    "coredns",
  ]);
  expect(entries[1]).toEqual({ path: "usr/local", folder: true, mode: 0o700 });
});

describe("an image that skopeo copied", () => {
  /** A folder as skopeo writes it: one layer, twice. */
  function copied(platform = { os: "linux", architecture: "amd64" }, mediaType = manifestType) {
    const folder = join(scratchFolder(), "kube-proxy");
    mkdirSync(folder);
    const put = (text: string) => {
      const digest = digestOf(Buffer.from(text));
      writeFileSync(join(folder, digest.slice("sha256:".length)), text);
      return { digest, size: text.length };
    };
    const [config, layer] = [put(JSON.stringify(platform)), put("a layer")];
    const manifest = JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer, layer] });
    writeFileSync(join(folder, "manifest.json"), manifest);
    writeFileSync(join(folder, "version"), "Directory Transport Version: 1.1\n");
    return { folder, manifest, digests: [config.digest, layer.digest] };
  }

  test("gets the paths of an image that the lab wrote, and keeps the manifest's digest", async () => {
    const { folder, manifest, digests } = copied();
    await adoptImage(folder, "v1.2.3");
    const names = ["v1.2.3", digestOf(Buffer.from(manifest))];
    expect(readdirSync(folder).sort()).toEqual(["blobs", "manifests"]);
    expect(readdirSync(join(folder, "manifests")).sort()).toEqual(names.sort());
    for (const name of names) expect(readFileSync(join(folder, "manifests", name), "utf8")).toBe(manifest);
    expect(readdirSync(join(folder, "blobs")).sort()).toEqual(digests.sort());
  });

  test.each([
    ["another architecture", { os: "linux", architecture: "arm64" }, manifestType],
    ["another operating system", { os: "windows", architecture: "amd64" }, manifestType],
    ["another manifest format", undefined, "application/vnd.oci.image.manifest.v1+json"],
  ])("is refused if it has %s", async (_what, platform, mediaType) => {
    const { folder } = copied(platform, mediaType);
    await expect(adoptImage(folder, "v1")).rejects.toMatchObject({ name: "LabError" });
  });
});
