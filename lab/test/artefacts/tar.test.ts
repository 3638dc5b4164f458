import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { tarBuffer, type TarEntry } from "../../artefacts/tar";
import { scratchFolder } from "../scratch";

/** The archive's list in tar's format: `MODE OWNER SIZE PATH[ -> TARGET]`. */
function listed(archive: Buffer): string[] {
  const out = execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--quoting-style=literal"], {
    input: archive,
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
  });
  return out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^(\S+)\s+(\S+)\s+(\d+) 1970-01-01 00:00 /, "$1 $2 $3 "));
}

/** Unpacks an archive into a new folder. */
function unpacked(archive: Buffer): string {
  const folder = scratchFolder();
  execFileSync("tar", ["--extract", "--same-permissions", "--no-same-owner", "--directory", folder], {
    input: archive,
  });
  return folder;
}

test("the archive has the types, modes, owners and sizes of the entries", async () => {
  const archive = await tarBuffer([
    { path: "etc", folder: true },
    { path: "tmp", folder: true, mode: 0o1777 },
    { path: "etc/plain", content: "12345" },
    { path: "etc/shadow", content: "", mode: 0o640, uid: 0, gid: 42 },
    { path: "usr/bin/sudo", content: Buffer.alloc(1000, 1), mode: 0o4755 },
    { path: "bin", link: "usr/bin" },
    { path: "home/ops/.profile", content: "x", uid: 1000, gid: 1000 },
  ]);
  expect(listed(archive)).toEqual([
    "drwxr-xr-x 0/0 0 etc/",
    "drwxrwxrwt 0/0 0 tmp/",
    "-rw-r--r-- 0/0 5 etc/plain",
    "-rw-r----- 0/42 0 etc/shadow",
    "-rwsr-xr-x 0/0 1000 usr/bin/sudo",
    "lrwxr-xr-x 0/0 0 bin -> usr/bin",
    "-rw-r--r-- 1000/1000 1 home/ops/.profile",
  ]);
  expect(archive.length % 512).toBe(0);
});

test("a file's content is read from its path, at every length around a block", async () => {
  const source = scratchFolder();
  const sizes = [0, 1, 511, 512, 513, 70_000];
  const entries = sizes.map((size): TarEntry => {
    const file = join(source, String(size));
    writeFileSync(file, Buffer.alloc(size, String(size)));
    return { path: `f${size}`, file, mode: 0o600 };
  });
  const folder = unpacked(await tarBuffer(entries));
  for (const size of sizes) {
    expect(readFileSync(join(folder, `f${size}`)).equals(Buffer.alloc(size, String(size)))).toBe(true);
  }
});

test.each([
  ["a name of 100 bytes", "n".repeat(100)],
  ["a name of 101 bytes", "n".repeat(101)],
  ["a path of 300 bytes", "folder/".repeat(42) + "folder"],
  ["a name with two-byte characters", `ä/${"é".repeat(80)}`],
])("%s is unpacked unchanged, and so are the entries after it", async (_what, path) => {
  const folder = unpacked(
    await tarBuffer([
      { path, content: "it", mode: 0o640, gid: 42 },
      { path: `${path}-link`, link: `/${path}` },
      { path: `${path}-folder`, folder: true, mode: 0o700 },
      { path: "after", content: "short" },
    ]),
  );
  expect(readFileSync(join(folder, path), "utf8")).toBe("it");
  expect(lstatSync(join(folder, path)).mode & 0o7777).toBe(0o640);
  expect(readlinkSync(join(folder, `${path}-link`))).toBe(`/${path}`);
  expect(lstatSync(join(folder, `${path}-folder`)).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(folder, "after"), "utf8")).toBe("short");
});

test("the same entries give the same bytes, whatever the files' modification times", async () => {
  const file = join(scratchFolder(), "program");
  const entries: TarEntry[] = [
    { path: "a", content: "1" },
    { path: "b".repeat(120), file, mode: 0o755 },
  ];
  writeFileSync(file, "program");
  const first = await tarBuffer(entries);
  writeFileSync(file, "program");
  expect((await tarBuffer(entries)).equals(first)).toBe(true);
});

test("random files are unpacked with the same content and mode", async () => {
  const name = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_. -]{0,70}$/);
  const file = fc.record({
    content: fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes)),
    mode: fc.integer({ min: 0, max: 0o777 }).map((mode) => mode | 0o400),
  });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, file, { maxKeys: 6, noNullPrototype: true }), async (files) => {
      const names = Object.keys(files);
      const folder = unpacked(await tarBuffer(names.map((path) => ({ path: `in/${path}`, ...files[path] }))));
      for (const path of names) {
        const copy = join(folder, "in", path);
        expect(readFileSync(copy).equals(files[path]!.content)).toBe(true);
        expect(lstatSync(copy).mode & 0o7777).toBe(files[path]!.mode);
      }
    }),
    { numRuns: 30 },
  );
});
