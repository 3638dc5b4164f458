import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { folderOf } from "../../artefacts/artefact";
import { ensureImages, groupsOf, imageArtefact } from "../../artefacts/images";
import { builtRepository, ensureKubernetesRepository } from "../../artefacts/kubernetes-repository";
import { parseReleases, saveReleases, servedReleases } from "../../artefacts/served";
import { kubernetesVersion, releases } from "../../artefacts/versions";
import type { Place } from "../../base/place";
import { scratchPlace } from "../scratch";

const silent = () => undefined;
const versions = (text: string) => parseReleases(text).map(({ kubernetes }) => kubernetes);

describe("LAB_KUBERNETES", () => {
  test.each([
    ["", [kubernetesVersion]],
    ["v1.36.3", ["1.36.3", kubernetesVersion]],
    ["1.36.3, v1.34.4  v1.36.3", ["1.34.4", "1.36.3", kubernetesVersion]],
    [`v${kubernetesVersion}`, [kubernetesVersion]],
  ])("%j serves these and the default, oldest first: %j", (text, served) => expect(versions(text)).toEqual(served));

  test.each(["v1.36", "1.36.2", "latest", "v1.36.3;v1.34.4"])("%s is refused with the known versions", (word) => {
    expect(() => versions(`v1.36.3 ${word}`)).toThrow(
      expect.objectContaining({
        name: "LabError",
        message: `LAB_KUBERNETES: the lab cannot serve Kubernetes ${word}`,
        remedy: "Use one or more of v1.34.4 v1.35.4 v1.36.1 v1.36.3 v1.37.2. v1.37.2 is always served.",
      }),
    );
  });

  test("a lab keeps its versions until another set is given", () => {
    const place = scratchPlace();
    const served = (wanted?: string) => servedReleases(place, wanted).map(({ kubernetes }) => kubernetes);
    expect(served()).toEqual([kubernetesVersion]);
    saveReleases(place, servedReleases(place, "v1.36.1"));
    expect(served()).toEqual(["1.36.1", kubernetesVersion]);
    expect(served("v1.36.3")).toEqual(["1.36.3", kubernetesVersion]);
    saveReleases(place, servedReleases(place, `v${kubernetesVersion}`));
    expect(served()).toEqual([kubernetesVersion]);
    expect(statSync(place.folder).mode & 0o777).toBe(0o700);
  });

  test("a lab that always served the default alone has no file about it", () => {
    const place = scratchPlace();
    saveReleases(place, servedReleases(place));
    expect(existsSync(place.folder)).toBe(false);
  });
});

test("each release has the names and tags that its kubeadm pulls", () => {
  const tags = groupsOf(releases).flatMap(({ what, recipes }) =>
    what.startsWith("Kubernetes") ? [recipes.map(({ repository, tag }) => `${repository}:${tag}`)] : [],
  );
  const own = (version: string) =>
    ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map((name) => `${name}:${version}`);
  // kubeadm config images list --kubernetes-version vX
  expect(tags).toEqual([
    [...own("v1.37.2"), "etcd:3.7.0-0", "coredns/coredns:v1.14.6", "pause:3.10.2"],
    [...own("v1.36.3"), "etcd:3.6.8-0", "coredns/coredns:v1.14.2", "pause:3.10.2"],
    [...own("v1.36.1"), "etcd:3.6.8-0", "coredns/coredns:v1.14.2", "pause:3.10.2"],
    [...own("v1.35.4"), "etcd:3.6.6-0", "coredns/coredns:v1.13.1", "pause:3.10.1"],
    [...own("v1.34.4"), "etcd:3.6.5-0", "coredns/coredns:v1.12.1", "pause:3.10.1"],
  ]);
});

describe("with the packages and images of every version in the cache", () => {
  /** A place whose cache has an empty folder for each of them, so that nothing is downloaded or built. */
  function placeWithAll(): Place {
    const place = scratchPlace();
    const images = groupsOf(releases).flatMap(({ recipes }) => recipes.map((recipe) => imageArtefact(place, recipe)));
    const packages = releases.map(({ kubernetes: version }) => builtRepository(place, version));
    for (const artefact of [...images, ...packages]) mkdirSync(folderOf(place, artefact), { recursive: true });
    return place;
  }

  const usual = parseReleases("");

  test("the default's images do not depend on the other versions, and come first", async () => {
    const place = placeWithAll();
    const alone = (await ensureImages(place, usual, silent)).folders;
    const all = (await ensureImages(place, releases, silent)).folders;
    expect(Object.keys(all)).toEqual(Object.keys(alone));
    for (const [repository, folders] of Object.entries(alone)) {
      expect(folders).toHaveLength(1);
      expect(all[repository]?.[0]).toBe(folders[0]);
    }
  });

  test("a repository has one folder for each tag", async () => {
    const { folders, from } = await ensureImages(placeWithAll(), releases, silent);
    const counts = Object.fromEntries(Object.entries(folders).map(([name, some]) => [name, new Set(some).size]));
    expect(counts).toMatchObject({ "kube-proxy": 5, etcd: 4, "coredns/coredns": 4, pause: 2, "datadog/agent": 1 });
    expect(Object.values(folders).every((some) => new Set(some).size === some.length)).toBe(true);
    expect(from).toMatch(/^Kubernetes built, Kubernetes v1.36.3 built, .*pod network built$/);
  });

  test("a lab with the default alone uses the repository in the cache, and has none of its own", async () => {
    const place = placeWithAll();
    const { folder } = await ensureKubernetesRepository(place, usual, silent);
    expect(folder).toBe(folderOf(place, builtRepository(place, kubernetesVersion)));
    expect(existsSync(join(place.root, ".lab"))).toBe(false);
  });
});
