/** Downloads official parts from local servers that behave like the real ones. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { baseImage, ensureBaseImage } from "../../artefacts/base-image";
import { inContainer } from "../../artefacts/container";
import { aptInstall, fromSnapshot, index, indexTools, ensureDebianSnapshot } from "../../artefacts/debian-snapshot";
import { digestOf, manifestType } from "../../artefacts/image";
import { officialRepository } from "../../artefacts/kubernetes-repository";
import { officialImages } from "../../artefacts/official-images";
import { kubernetesVersion } from "../../artefacts/versions";
import { placeOf } from "../../base/place";
import { docker, ensureDocker } from "../../machine/docker";
import { scratchFolder } from "../scratch";
import { amd64, arm64, Images, registryAnswer, serve } from "./registry";

const place = placeOf();
const silent = () => undefined;
let debian: string;
const closing: (() => void)[] = [];

beforeAll(async () => {
  await ensureDocker(place, silent);
  await ensureBaseImage(place, silent);
  debian = await ensureDebianSnapshot(place, silent);
  // the tests' servers run on this machine
  process.env["no_proxy"] = process.env["NO_PROXY"] = "127.0.0.1";
});
afterAll(() => {
  for (const close of closing) close();
});

async function served(answer: Parameters<typeof serve>[0]): Promise<string> {
  const { url, close } = await serve(answer);
  closing.push(close);
  return url;
}

/** An address at which nothing answers. */
async function nobody(): Promise<string> {
  const { url, close } = await serve(() => undefined);
  close();
  return url;
}

/** Runs a script in a container of the hosts' base image, with Debian's snapshot; returns its output lines. */
async function inDebian(script: string, out: string, folders: Record<string, string> = {}): Promise<string[]> {
  const lines: string[] = [];
  await inContainer({
    image: baseImage(place),
    script: `set -eu\n${fromSnapshot(place)}\n${script}`,
    out,
    folders: { "/debian": debian, ...folders },
    env: { SUITE: "", ORIGIN: "Kubernetes" },
    report: (line) => lines.push(line),
  });
  return lines;
}

describe("packages", () => {
  const other = (patch: number) => kubernetesVersion.replace(/\d+$/, String(patch));
  const path = "/core:/stable:/v1.2/deb";
  let upstream: string;
  let refused: string;

  /** Creates a signed flat repository with several versions and architectures. */
  async function repository(versions: readonly string[]): Promise<string> {
    const folder = scratchFolder();
    const script = `pack() {
  mkdir -p /tmp/package/DEBIAN /out/$3
  printf '%s\\n' "Package: $1" "Version: $2" "Architecture: $3" "Maintainer: nobody" "Description: $1" \\
    \${4:+"Depends: $4"} >/tmp/package/DEBIAN/control
  dpkg-deb -Zgzip --root-owner-group --build /tmp/package /out/$3
}
for architecture in amd64 arm64; do
  for version in ${versions.join(" ")}; do
    pack kubelet $version-1.1 $architecture "kubernetes-cni, socat, conntrack"
    pack kubectl $version-1.1 $architecture
    pack kubeadm $version-1.1 $architecture "cri-tools (>= 1.30.0)"
  done
  pack kubernetes-cni 1.8.0-1.1 $architecture
  pack cri-tools 1.36.0-1.1 $architecture
done
${aptInstall} ${indexTools.join(" ")}`;
    await inDebian(`${script}\n${index}`, folder);
    return folder;
  }

  /** Serves a repository as pkgs.k8s.io does, which redirects to another address. */
  const publish = (folder: string) =>
    served(({ url = "" }: IncomingMessage, response) => {
      const file = join(folder, url.replace(/^\/cdn/, "").slice(path.length));
      if (url.startsWith(path)) response.writeHead(302, { Location: `/cdn${url}` }).end();
      else if (existsSync(file)) response.end(readFileSync(file));
      else response.writeHead(404).end();
    });

  async function download(folder: string): Promise<string> {
    const out = scratchFolder();
    await officialRepository(place, kubernetesVersion, `${await publish(folder)}${path}`).make(out, silent);
    return out;
  }

  /** A copy of the valid repository with a change. */
  function changed(change: (folder: string) => void): string {
    const folder = scratchFolder();
    cpSync(upstream, folder, { recursive: true });
    change(folder);
    return folder;
  }

  beforeAll(async () => {
    upstream = await repository([other(1), kubernetesVersion, other(99)]);
    refused = await repository([other(1), other(99)]);
  });

  test("of the version and architecture are downloaded with their dependencies, and install", async () => {
    const out = await download(upstream);
    const packages = readdirSync(out).filter((name) => name.endsWith(".deb"));
    const wanted = ["kubeadm", "kubectl", "kubelet"].map((name) => `${name}_${kubernetesVersion}-1.1_amd64.deb`);
    expect(packages.sort()).toEqual([
      "cri-tools_1.36.0-1.1_amd64.deb",
      ...wanted,
      "kubernetes-cni_1.8.0-1.1_amd64.deb",
    ]);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(["InRelease", "Packages.gz", "Release", "Release.key"]));
    const installed = await inDebian(
      `echo 'deb [signed-by=/kubernetes/Release.key] file:/kubernetes /' >/etc/apt/sources.list.d/kubernetes.list
apt-get -q -o APT::Update::Error-Mode=any update
${aptInstall} kubeadm=${kubernetesVersion}-1.1 kubelet=${kubernetesVersion}-1.1`,
      scratchFolder(),
      { "/kubernetes": out },
    );
    expect(installed.filter((line) => /^Setting up kube(adm|let) /.test(line))).toHaveLength(2);
  });

  test.each<[string, () => string, RegExp]>([
    ["a repository without the version", () => refused, /kubeadm/],
    [
      "a signature by another key",
      () => changed((folder) => cpSync(join(refused, "Release.key"), join(folder, "Release.key"))),
      /not signed|signature/i,
    ],
    [
      "no signature",
      () => changed((folder) => ["InRelease", "Release.gpg"].forEach((name) => rmSync(join(folder, name)))),
      /not signed/,
    ],
    [
      "a package that was changed after the signature",
      () =>
        changed((folder) => {
          const file = join(folder, "amd64", `kubelet_${kubernetesVersion}-1.1_amd64.deb`);
          const bytes = readFileSync(file);
          writeFileSync(file, bytes.fill(0, bytes.length - 8));
        }),
      /Hash Sum mismatch/i,
    ],
    ["no key", () => changed((folder) => rmSync(join(folder, "Release.key"))), /404/],
  ])("%s is refused", async (_what, folder, words) => {
    await expect(download(folder())).rejects.toMatchObject({
      name: "LabError",
      details: expect.stringMatching(words),
    });
  });

  test("a server that does not answer is an error within seconds", async () => {
    const begin = Date.now();
    await expect(
      officialRepository(place, kubernetesVersion, await nobody()).make(scratchFolder(), silent),
    ).rejects.toThrow("failed with exit code");
    expect(Date.now() - begin).toBeLessThan(20_000);
  });
});

describe("images", () => {
  const wanted = { repository: "coredns/coredns", tag: "v1" };

  /** Downloads the image with the tag from a registry. */
  async function download(fill: (images: Images) => Promise<void>): Promise<string> {
    const images = new Images();
    await fill(images);
    const out = scratchFolder();
    await officialImages(place, await served(registryAnswer(images)), [wanted]).make(out, silent);
    return join(out, wanted.repository);
  }

  const file = (folder: string, ...names: string[]) => readFileSync(join(folder, ...names));

  /** The text in the only layer of an image, in the format of the lab's registry. */
  function textIn(folder: string): string {
    const manifest = file(folder, "manifests", wanted.tag);
    const { mediaType, layers } = JSON.parse(manifest.toString());
    expect(mediaType).toBe(manifestType);
    expect(readdirSync(join(folder, "manifests")).sort()).toEqual([digestOf(manifest), wanted.tag].sort());
    const layer = file(folder, "blobs", layers[0].digest);
    expect(digestOf(layer)).toBe(layers[0].digest);
    return execFileSync("tar", ["--extract", "--to-stdout", "text"], { input: gunzipSync(layer), encoding: "utf8" });
  }

  test.each(["docker", "oci"] as const)(
    "of a list of manifests (%s), the one for amd64 is downloaded",
    async (format) => {
      const folder = await download(async (images) => {
        const [arm, amd] = [await images.image("arm", arm64, format), await images.image("amd", amd64, format)];
        images.manifests.set(
          wanted.tag,
          images.list(
            [
              [arm64, arm],
              [amd64, amd],
            ],
            format,
          ),
        );
      });
      expect(textIn(folder)).toBe("amd");
    },
  );

  test("zstd layers are converted to gzip by Debian 13's skopeo, and refused by Debian 12's", async () => {
    const downloaded = download(async (images) => {
      images.manifests.set(wanted.tag, await images.image("amd", amd64, "oci with zstd"));
    });
    if (place.debian === "bookworm") await expect(downloaded).rejects.toThrow("failed with exit code");
    else expect(textIn(await downloaded)).toBe("amd");
  });

  test.each<[string, (images: Images) => Promise<void>]>([
    ["an unknown tag", () => Promise.resolve()],
    [
      "an image for another architecture",
      async (images) => void images.manifests.set("v1", await images.image("arm", arm64)),
    ],
    [
      "a layer that does not match its digest",
      async (images) => {
        images.manifests.set("v1", await images.image("amd", amd64));
        for (const digest of images.blobs.keys()) images.blobs.set(digest, Buffer.from("other"));
      },
    ],
  ])("%s is refused", async (_what, fill) => {
    await expect(download(fill)).rejects.toMatchObject({ name: "LabError" });
  });

  test("Docker can pull a downloaded image from a static web server", async () => {
    const folder = await download(async (images) => void images.manifests.set("v1", await images.image("amd", amd64)));
    const url = await served((request, response) => {
      const name = request.url?.replace(`/v2/${wanted.repository}/`, "") ?? "";
      response.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
      if (name.startsWith("manifests/")) response.setHeader("Content-Type", manifestType);
      response.end(name === "/v2/" ? "{}" : file(folder, name));
    });
    const image = `${new URL(url).host}/${wanted.repository}:${wanted.tag}`;
    try {
      await docker(["pull", image]);
      expect(await docker(["image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", image])).toBe("linux/amd64");
    } finally {
      await docker(["image", "rm", "--force", image]);
    }
  });

  test("a server that does not answer is an error within seconds", async () => {
    const begin = Date.now();
    const nothing = officialImages(place, await nobody(), [wanted]).make(scratchFolder(), silent);
    await expect(nothing).rejects.toThrow("failed with exit code");
    expect(Date.now() - begin).toBeLessThan(20_000);
  });
});
