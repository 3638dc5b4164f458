import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Artefact, folderOf, need } from "../../artefacts/artefact";
import { needOfficial, type Source, wantedSource } from "../../artefacts/source";
import { LabError } from "../../base/error";
import type { Place } from "../../base/place";
import { scratchPlace } from "../scratch";

const silent = () => undefined;

/** An official part whose download fails as long as `broken` is set, and the two parts that are built in its place. */
function offered(place: Place) {
  const state = { tried: 0, broken: false };
  const official: Artefact = {
    name: "packages-official",
    from: 1,
    make(folder) {
      state.tried++;
      writeFileSync(join(folder, "half"), "");
      return state.broken
        ? Promise.reject(new LabError("apt-get ended with 100", undefined, "no such host"))
        : Promise.resolve();
    },
  };
  const built = ["one", "two"].map((name) => ({ name, from: 1, make: () => Promise.resolve() }));
  return {
    state,
    folder: folderOf(place, official),
    ask: (wanted?: Source) => needOfficial(place, { what: "packages", official, built }, silent, wanted),
    build: (parts = built) => Promise.all(parts.map((part) => need(place, part, silent))),
    built,
  };
}

test("the official part is downloaded once", async () => {
  const { state, folder, ask } = offered(scratchPlace());
  expect([await ask(), await ask(), await ask("official")]).toEqual([folder, folder, folder]);
  expect(state.tried).toBe(1);
});

test("where the download fails, the lab builds, and half a download does not stay", async () => {
  const place = scratchPlace();
  const { state, ask } = offered(place);
  state.broken = true;
  expect(await ask()).toBeUndefined();
  expect(readdirSync(place.cache)).toEqual([]);
});

test("after a build the download is tried only when LAB_SOURCE=official asks for it", async () => {
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

test("a build that was interrupted does not count as built", async () => {
  const { state, ask, build, built } = offered(scratchPlace());
  state.broken = true;
  await ask();
  await build(built.slice(0, 1));
  await ask();
  expect(state.tried).toBe(2);
});

test("LAB_SOURCE=build tries no download, and leaves one that is there unused", async () => {
  const { state, ask } = offered(scratchPlace());
  expect(await ask("build")).toBeUndefined();
  expect(state.tried).toBe(0);
  await ask();
  expect(await ask("build")).toBeUndefined();
});

test("LAB_SOURCE=official: the error names the part, why it cannot be had, and what to do", async () => {
  const { state, ask, build } = offered(scratchPlace());
  state.broken = true;
  await build();
  await expect(ask("official")).rejects.toMatchObject({
    name: "LabError",
    message: "the official packages cannot be had",
    remedy: expect.stringContaining("without LAB_SOURCE"),
    details: "apt-get ended with 100\nno such host",
  });
});

test.each<[string, Source | undefined]>([
  ["", undefined],
  ["official", "official"],
  ["build", "build"],
])("LAB_SOURCE=%j", (text, wanted) => expect(wantedSource(text)).toBe(wanted));

test.each(["offical", "built", "stand-in", "Official", " "])("LAB_SOURCE=%j is refused, with what there is", (text) => {
  expect(() => wantedSource(text)).toThrow(
    expect.objectContaining({
      name: "LabError",
      message: `LAB_SOURCE: ${text} is not understood`,
      remedy: expect.stringContaining("official or build"),
    }),
  );
});
