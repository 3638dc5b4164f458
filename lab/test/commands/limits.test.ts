import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { folderOf } from "../../artefacts/artefact";
import { goArtefact } from "../../artefacts/go";
import { kubernetes } from "../../artefacts/programs";
import { kubernetesVersion, type Release, releases } from "../../artefacts/versions";
import { checkDisk, checkInotify, checkMemory, freeBytes } from "../../commands/limits";
import { scratchFolder, scratchPlace } from "../scratch";

const gibibyte = 2 ** 30;

const [one, usual] = [releases.slice(0, 1), releases.slice(-1)] as const;

test("too little disk at Docker's folder before the first run: an error names both sizes", () => {
  const free = (folder: string) => (folder === "/docker" ? 11.5 : 12) * gibibyte;
  expect(() => checkDisk(scratchPlace(), usual, "/docker", free)).toThrow(
    "11.5 GiB of disk are free at /docker, but the first run needs 12 GiB",
  );
});

test("too little disk at the cache before the first run: an error names the cache", () => {
  const place = scratchPlace();
  const free = (folder: string) => (folder === place.cache ? 1 : 12) * gibibyte;
  expect(() => checkDisk(place, usual, "/docker", free)).toThrow(`1.0 GiB of disk are free at ${place.cache}`);
});

test("enough disk: no error", () => {
  expect(() => checkDisk(scratchPlace(), usual, "/docker", () => 12 * gibibyte)).not.toThrow();
});

/** A place with these versions of Kubernetes in the cache. */
function placeWith(versions: readonly string[]) {
  const place = scratchPlace();
  for (const version of versions) mkdirSync(folderOf(place, goArtefact(kubernetes(version))), { recursive: true });
  return place;
}

test("every served version of Kubernetes is in the cache: the disk is not checked", () => {
  expect(() => checkDisk(placeWith([kubernetesVersion]), usual, "/docker", () => 0)).not.toThrow();
});

test.each<[string, string[], readonly Release[], string]>([
  [
    "a further version is missing",
    [kubernetesVersion],
    [...one, ...usual],
    "the build of Kubernetes v1.34.4 needs 6 GiB",
  ],
  ["two further versions are missing", [kubernetesVersion], releases.slice(0, 2), "v1.34.4, v1.35.4 needs 8 GiB"],
  ["the default and a further version are missing", [], [...one, ...usual], "the first run needs 14 GiB"],
])("%s: the disk is checked for their builds", (_what, built, served, message) => {
  expect(() => checkDisk(placeWith(built), served, "/docker", () => 0)).toThrow(message);
});

test("a folder that does not exist yet has the free disk space of its parent", () => {
  expect(freeBytes(join(scratchFolder(), "a/b"))).toBeGreaterThan(0);
});

test.each([
  [0, 127, "fs.inotify.max_user_instances is 127 here, too low for the hosts of the lab", 128],
  [1, 128, "fs.inotify.max_user_instances is 128 here, too low for the hosts of 2 labs", 218],
])(
  "too few inotify instances beside %i other labs: an error names the limit that is enough",
  (others, limit, message, enough) => {
    expect(() => checkInotify(others, limit)).toThrow(
      expect.objectContaining({ message, remedy: `Raise it: sudo sysctl -w fs.inotify.max_user_instances=${enough}` }),
    );
    expect(() => checkInotify(others, enough)).not.toThrow();
  },
);

describe("memory", () => {
  const meminfo = (gib: number) => `MemTotal:  8000000 kB\nMemAvailable:  ${gib * 2 ** 20} kB\nBuffers: 1 kB\n`;

  test("too little beside another lab: an error names that lab", () => {
    expect(() => checkMemory(["/first", "/second"], meminfo(3.5))).toThrow(
      expect.objectContaining({
        message:
          "3.5 GiB of memory are available beside the lab of /first and that of /second, but another lab needs 4 GiB",
        remedy: "Run `npm run lab -- down` there first.",
      }),
    );
  });

  test("enough, or no other lab: no error", () => {
    expect(() => checkMemory(["/first"], meminfo(4))).not.toThrow();
    expect(() => checkMemory([], meminfo(1))).not.toThrow();
  });
});
