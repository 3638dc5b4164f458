import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { folderOf } from "../../artefacts/artefact";
import { goArtefact } from "../../artefacts/go";
import { kubernetes } from "../../artefacts/programs";
import { checkDisk, freeBytes } from "../../commands/limits";
import { scratchFolder, scratchPlace } from "./scratch";

const gibibyte = 2 ** 30;

test("too little disk at Docker's folder before the first run: an error names both sizes", () => {
  const free = (folder: string) => (folder === "/docker" ? 11.5 : 12) * gibibyte;
  expect(() => checkDisk(scratchPlace(), "/docker", free)).toThrow(
    "11.5 GiB of disk are free at /docker, and the first run takes 12 GiB",
  );
});

test("too little disk at the cache before the first run: an error names the cache", () => {
  const place = scratchPlace();
  const free = (folder: string) => (folder === place.cache ? 1 : 12) * gibibyte;
  expect(() => checkDisk(place, "/docker", free)).toThrow(`1.0 GiB of disk are free at ${place.cache}`);
});

test("enough disk: no error", () => {
  expect(() => checkDisk(scratchPlace(), "/docker", () => 12 * gibibyte)).not.toThrow();
});

test("Kubernetes is in the cache: the disk is not looked at", () => {
  const place = scratchPlace();
  mkdirSync(folderOf(place, goArtefact(kubernetes)), { recursive: true });
  expect(() => checkDisk(place, "/docker", () => 0)).not.toThrow();
});

test("a folder that does not exist yet: the free disk of its parent is taken", () => {
  expect(freeBytes(join(scratchFolder(), "a/b"))).toBeGreaterThan(0);
});
