/** The lab's own repository of Kubernetes' packages, whose versions change while hosts use it. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { baseImage, ensureBaseImage } from "../../artefacts/base-image";
import { inContainer } from "../../artefacts/container";
import { ensureDebianSnapshot, fromSnapshot } from "../../artefacts/debian-snapshot";
import { combineRepositories } from "../../artefacts/kubernetes-repository";
import { type Place, placeOf } from "../../base/place";
import { docker, ensureDocker } from "../../machine/docker";
import { scratchFolder } from "../scratch";

const silent = () => undefined;
const minutes = 60_000;

describe("the lab's own repository", () => {
  // the cache and the image are those of the machine, the lab's folder is not
  const place: Place = { ...placeOf(), folder: join(scratchFolder(), ".lab") };
  const container = `${place.prefix}-served`;
  const parts: Record<string, string> = {};
  const combine = (...versions: string[]) =>
    combineRepositories(
      place,
      versions.map((version) => parts[version] ?? ""),
      silent,
    );
  const onHost = (script: string) => docker(["exec", container, "sh", "-euc", script]);
  /** The versions of kubeadm that apt finds on the host after an update. */
  async function offered(): Promise<string[]> {
    await onHost("apt-get -q -o APT::Update::Error-Mode=any update");
    const lines = (await onHost("apt-cache madison kubeadm")).split("\n");
    return lines.map((line) => line.split("|")[1]?.trim() ?? "");
  }

  beforeAll(async () => {
    await ensureDocker(place, silent);
    await ensureBaseImage(place, silent);
    const debian = await ensureDebianSnapshot(place, silent);
    for (const version of ["1.2.3", "1.3.4", "1.4.5"]) {
      const out = (parts[version] = scratchFolder());
      const pack = `for one in "kubeadm ${version}-1.1" "kubernetes-cni 9.9.9-1.1"; do
  set -- $one
  mkdir -p /tmp/package/DEBIAN
  printf '%s\\n' "Package: $1" "Version: $2" "Architecture: amd64" "Maintainer: nobody" "Description: $1" >/tmp/package/DEBIAN/control
  SOURCE_DATE_EPOCH=0 dpkg-deb -Zgzip --root-owner-group --build /tmp/package /out
done
echo "not a package" >/out/Packages`;
      await inContainer({
        image: baseImage(place),
        script: `set -eu\n${fromSnapshot(place)}\n${pack}`,
        out,
        folders: { "/debian": debian },
        report: silent,
      });
    }
    const folder = await combine("1.2.3", "1.4.5");
    await docker(["run", "--detach", "--rm", "--network", "none", "--name", container, "-v", `${folder}:/served:ro`, baseImage(place), "sleep", "600"]); // prettier-ignore
    await onHost(`rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
cp /served/Release.key /etc/apt/keyrings/kubernetes.asc
echo 'deb [signed-by=/etc/apt/keyrings/kubernetes.asc] file:/served /' >/etc/apt/sources.list.d/kubernetes.list`);
  }, 10 * minutes);
  afterAll(() => docker(["rm", "--force", container]));

  test("offers the packages of all versions", async () => {
    expect(await offered()).toEqual(["1.4.5-1.1", "1.2.3-1.1"]);
  });

  test("does not change for the same versions", async () => {
    const changed = () => statSync(join(place.folder, "kubernetes/repository/InRelease")).ctimeMs;
    const before = changed();
    await combine("1.2.3", "1.4.5");
    expect(changed()).toBe(before);
  });

  test(
    "a host that knows the key gets another set of versions, and the first one again",
    async () => {
      await combine("1.3.4", "1.4.5");
      expect(await offered()).toEqual(["1.4.5-1.1", "1.3.4-1.1"]);
      await onHost("apt-get -q -y install kubeadm=1.3.4-*");
      await combine("1.2.3", "1.4.5");
      expect(await offered()).toEqual(expect.arrayContaining(["1.4.5-1.1", "1.2.3-1.1"]));
    },
    5 * minutes,
  );

  test("has no file of a former set, and not the private key", async () => {
    const folder = await combine("1.4.5");
    expect(readdirSync(folder).sort()).toEqual(
      ["InRelease", "Packages", "Packages.gz", "Release", "Release.gpg", "Release.key", "kubeadm_1.4.5-1.1_amd64.deb", "kubernetes-cni_9.9.9-1.1_amd64.deb"].sort(), // prettier-ignore
    );
    expect(readFileSync(join(folder, "Release"), "utf8")).not.toContain("private.asc");
    expect(statSync(join(place.folder, "kubernetes/key/private.asc")).mode & 0o777).toBe(0o600);
  });
});
