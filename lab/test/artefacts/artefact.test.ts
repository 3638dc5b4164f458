import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentsOf, folderOf, hashOf, ensureArtefact } from "../../artefacts/artefact";
import { scratchFolder, scratchPlace } from "../scratch";

const silent = () => undefined;

/** An artefact that counts its builds. */
function counted(from: unknown, change: () => Promise<void> = () => Promise.resolve()) {
  const made = { times: 0 };
  const make = async (folder: string) => {
    made.times++;
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, "result"), JSON.stringify(from));
    await change();
  };
  return { name: "thing", from, make, made };
}

test("an artefact is built once, into the folder that its inputs name", async () => {
  const place = scratchPlace();
  const one = counted({ version: 1 });
  const folder = await ensureArtefact(place, one, silent);
  expect(folder).toBe(folderOf(place, one));
  expect(readFileSync(join(folder, "result"), "utf8")).toBe('{"version":1}');
  expect(await ensureArtefact(place, counted({ version: 1 }), silent)).toBe(folder);
  await ensureArtefact(place, one, silent);
  expect(one.made.times).toBe(1);
});

test("two concurrent requests share one build; after a failure it is built again", async () => {
  const place = scratchPlace();
  let fails = true;
  const one = counted({ version: 1 }, () => (fails ? Promise.reject(new Error("no space left")) : Promise.resolve()));
  const both = () => Promise.allSettled([ensureArtefact(place, one, silent), ensureArtefact(place, one, silent)]);
  expect((await both()).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(one.made.times).toBe(1);
  fails = false;
  expect((await both()).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(one.made.times).toBe(2);
});

test("a request that waits for another task's build reports that", async () => {
  const place = scratchPlace();
  const reported: string[] = [];
  const building = ensureArtefact(place, counted({ version: 1 }), silent);
  await ensureArtefact(place, counted({ version: 1 }), (text) => reported.push(text));
  await building;
  expect(reported).toEqual(["waiting for thing, which another task builds"]);
});

test("changed inputs give another build beside the old one", async () => {
  const place = scratchPlace();
  const [one, two] = [counted({ version: 1 }), counted({ version: 2 })];
  const folders = [await ensureArtefact(place, one, silent), await ensureArtefact(place, two, silent)];
  expect(two.made.times).toBe(1);
  expect(new Set(folders).size).toBe(2);
  expect(folders.every(existsSync)).toBe(true);
});

test("other users can read the folder, whatever the umask", async () => {
  const before = process.umask(0o077);
  try {
    const folder = await ensureArtefact(scratchPlace(), counted({ version: 1 }), silent);
    const modes = [folder, join(folder, "result")].map((path) => (statSync(path).mode & 0o777).toString(8));
    expect(modes).toEqual(["755", "644"]);
  } finally {
    process.umask(before);
  }
});

test("a failed build leaves nothing, and the next one begins with an empty folder", async () => {
  const place = scratchPlace();
  const broken = counted({ version: 1 }, () => Promise.reject(new Error("no space left")));
  await expect(ensureArtefact(place, broken, silent)).rejects.toThrow("no space left");
  expect(readdirSync(place.cache)).toEqual([]);

  const good = counted({ version: 1 });
  await ensureArtefact(place, good, silent);
  expect(good.made.times).toBe(1);
  expect(readdirSync(place.cache)).toHaveLength(1);
});

test("the final folder does not exist during the build", async () => {
  const place = scratchPlace();
  const artefact = counted({ version: 1 }, () => {
    expect(existsSync(folderOf(place, artefact))).toBe(false);
    return Promise.resolve();
  });
  await ensureArtefact(place, artefact, silent);
  expect(artefact.made.times).toBe(1);
});

test("if another process completes the same build first, its folder is used", async () => {
  const place = scratchPlace();
  const other = () => {
    // as another process does during this build
    mkdirSync(folderOf(place, artefact));
    writeFileSync(join(folderOf(place, artefact), "result"), "the other's");
    return Promise.resolve();
  };
  const artefact = counted({ version: 1 }, other);
  expect(readFileSync(join(await ensureArtefact(place, artefact, silent), "result"), "utf8")).toBe("the other's");
  expect(readdirSync(place.cache)).toHaveLength(1);
});

test("a build can report its progress", async () => {
  const said: string[] = [];
  const make = (_: string, report: (detail: string) => void) => {
    report("compiling");
    return Promise.resolve();
  };
  await ensureArtefact(scratchPlace(), { name: "thing", from: 1, make }, (detail) => said.push(detail));
  expect(said).toEqual(["compiling"]);
});

test("the hash depends on the inputs and on their order", () => {
  expect(hashOf({ a: [1, 2] })).toMatch(/^[0-9a-f]{12}$/);
  expect(hashOf({ a: [1, 2] })).toBe(hashOf({ a: [1, 2] }));
  expect(hashOf({ a: [1, 2] })).not.toBe(hashOf({ a: [2, 1] }));
});

test("the contents of a folder depend on names and texts, not on modification times", () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "sub/deeper"), { recursive: true });
  writeFileSync(join(folder, "sub/deeper/b.go"), "package b");
  writeFileSync(join(folder, "a.go"), "package a");
  writeFileSync(join(folder, "notes.md"), "");
  const before = contentsOf(folder);
  expect(Object.keys(before)).toEqual(["a.go", "notes.md", "sub/deeper/b.go"]);
  expect(Object.keys(contentsOf(folder, /\.go$/))).toEqual(["a.go", "sub/deeper/b.go"]);

  writeFileSync(join(folder, "a.go"), "package a");
  expect(contentsOf(folder)).toEqual(before);
  writeFileSync(join(folder, "a.go"), "package other");
  expect(contentsOf(folder)).not.toEqual(before);
});
