import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Artefact, folderOf, ensureArtefact } from "../../artefacts/artefact";
import { ensureOfficial, type Source, requestedSource } from "../../artefacts/source";
import { LabError } from "../../base/error";
import type { Place } from "../../base/place";
import { scratchPlace } from "../scratch";

const silent = () => undefined;
const reported: string[] = [];
beforeEach(() => void reported.splice(0));

/** An official part whose download fails while `broken` is set, and the two parts that replace it. */
function offered(place: Place) {
  const state = { tried: 0, broken: false };
  const official: Artefact = {
    name: "packages-official",
    from: 1,
    make(folder) {
      state.tried++;
      writeFileSync(join(folder, "half"), "");
      return state.broken
        ? Promise.reject(new LabError("apt-get failed with exit code 100", undefined, "no such host"))
        : Promise.resolve();
    },
  };
  const built = ["one", "two"].map((name) => ({ name, from: 1, make: () => Promise.resolve() }));
  return {
    state,
    folder: folderOf(place, official),
    ask: (wanted?: Source) =>
      ensureOfficial(place, { what: "packages", official, built }, (text) => reported.push(text), wanted),
    build: (parts = built) => Promise.all(parts.map((part) => ensureArtefact(place, part, silent))),
    built,
  };
}

test("the official part is downloaded once", async () => {
  const { state, folder, ask } = offered(scratchPlace());
  expect([await ask(), await ask(), await ask("official")]).toEqual([folder, folder, folder]);
  expect(state.tried).toBe(1);
});

test("if the download fails, the cache keeps nothing of it, and the progress says so", async () => {
  const place = scratchPlace();
  const { state, ask } = offered(place);
  state.broken = true;
  expect(await ask()).toBeUndefined();
  expect(readdirSync(place.cache)).toEqual([]);
  expect(reported).toEqual(["the official packages cannot be downloaded"]);
});

test("after a build, only LAB_SOURCE=official tries the download again", async () => {
  const { state, folder, ask, build } = offered(scratchPlace());
  state.broken = true;
  await ask();
  await build();
  state.broken = false;
  expect(await ask()).toBeUndefined();
  expect(state.tried).toBe(1);
  expect(await ask("official")).toBe(folder);
  expect(await ask()).toBe(folder);
});

test("after an incomplete build, the download is tried again", async () => {
  const { state, ask, build, built } = offered(scratchPlace());
  state.broken = true;
  await ask();
  await build(built.slice(0, 1));
  await ask();
  expect(state.tried).toBe(2);
});

test("LAB_SOURCE=build tries no download, and does not use a downloaded part", async () => {
  const { state, ask } = offered(scratchPlace());
  expect(await ask("build")).toBeUndefined();
  expect(state.tried).toBe(0);
  await ask();
  expect(await ask("build")).toBeUndefined();
});

test("LAB_SOURCE=official: a failed download is an error with the part, the reason and a remedy", async () => {
  const { state, ask, build } = offered(scratchPlace());
  state.broken = true;
  await build();
  await expect(ask("official")).rejects.toMatchObject({
    name: "LabError",
    message: "the official packages cannot be downloaded",
    remedy: expect.stringContaining("without LAB_SOURCE"),
    details: "apt-get failed with exit code 100\nno such host",
  });
});

test.each<[string, Source | undefined]>([
  ["", undefined],
  ["official", "official"],
  ["build", "build"],
])("LAB_SOURCE=%j selects: %s", (text, wanted) => expect(requestedSource(text)).toBe(wanted));

test.each(["offical", "built", "stand-in", "Official", " "])(
  "LAB_SOURCE=%j is refused with the valid values",
  (text) => {
    expect(() => requestedSource(text)).toThrow(
      expect.objectContaining({
        name: "LabError",
        message: `LAB_SOURCE=${text} is not a valid value`,
        remedy: expect.stringContaining("official or build"),
      }),
    );
  },
);
