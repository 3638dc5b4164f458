import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Masters, node } from "./masters";

// The real program, run by bash as sshd runs it for a master's key; see masters.ts.

let host: Masters;
beforeEach(() => (host = new Masters()));
afterEach(() => host.remove());

const archive = Buffer.from(`age-encryption.org/v1\n${"x".repeat(5000)}`);
const named = (day: number) => `${node}-202511${String(day).padStart(2, "0")}T063000Z.tar.age`;
const put = (name: string, input: string | Buffer = archive, size: number | string = input.length) =>
  host.receive(`put ${name} ${size}`, input);
/** Everything on the host of the copies except the programs and the lock. */
const stored = () =>
  readdirSync(join(host.copiesRoot, "var"), { recursive: true, encoding: "utf8" })
    .filter((name) => statSync(join(host.copiesRoot, "var", name)).isFile() && !name.endsWith(".lock"))
    .sort();

const newest = () => join(host.copiesRoot, "var/lib/kube-control/backups/latest", `${node}.tar.age`);

test("an archive is stored unchanged, for its owner only, with the time of its name", async () => {
  expect(await put(named(5))).toMatchObject({ status: 0, stdout: "", stderr: "" });
  const path = join(host.copies, named(5));
  expect(readFileSync(path).equals(archive)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(path).mtime.toISOString()).toBe("2025-11-05T06:30:00.000Z");
  expect(statSync(newest()).ino).toBe(statSync(path).ino);
});

test("the copies are listed by their names, the oldest first", async () => {
  for (const day of [5, 4]) await put(named(day));
  writeFileSync(join(host.copies, "notes.txt"), "");
  expect(await host.receive("list")).toMatchObject({ status: 0, stdout: `${named(4)}\n${named(5)}\n` });
});

test("the newest copies stay, in whatever order they arrive", async () => {
  for (const day of [5, 7, 4, 8, 6]) expect((await put(named(day))).status).toBe(0);
  expect(host.copied()).toEqual([6, 7, 8].map(named));
  expect(statSync(newest()).ino).toBe(statSync(join(host.copies, named(8))).ino);
});

test("an existing copy is never replaced", async () => {
  await put(named(5));
  const other = Buffer.from("age-encryption.org/v1\nother");
  const refused = await put(named(5), other);
  expect(refused).toMatchObject({ status: 1, stderr: `kube-control-receive: ${named(5)} exists already\n` });
  expect(readFileSync(join(host.copies, named(5))).equals(archive)).toBe(true);
});

test.each([
  ["a path", `../${named(5)}`],
  ["a path in the name", `${node}-/../../latest/x.tar.age`],
  ["an absolute path", "/etc/passwd"],
  ["the name of another node", named(5).replace(node, "k8s-master2")],
  ["another ending", named(5).replace(".age", "")],
  ["no time", `${node}-.tar.age`],
  ["an option", "--help"],
  ["a pattern", `${node}-*T063000Z.tar.age`],
])("%s is refused as a name", async (_what, name) => {
  const before = stored();
  const refused = await put(name);
  expect(refused).toMatchObject({ status: 1, stderr: "kube-control-receive: the name of the archive is not valid\n" });
  expect(stored()).toEqual(before);
});

test("a name in the future is refused: it would displace the copies that follow", async () => {
  const refused = await put(`${node}-99991231T000000Z.tar.age`);
  expect([refused.status, stored()]).toEqual([1, []]);
  expect(refused.stderr).toContain("ahead of this host's clock");
});

test.each([
  ["zero", 0],
  ["above the limit", 16 * 1024 ** 3 + 1],
  ["no number", "1x"],
  ["an expression", "a[$(id)]"],
  ["missing", ""],
])("a size that is %s is refused", async (_what, size) => {
  const refused = await put(named(5), archive, size);
  expect([refused.status, stored()]).toEqual([1, []]);
  expect(refused.stderr).toContain("is not from 1 to");
});

test.each([
  ["more", archive.length - 1],
  ["less, as when the connection breaks,", archive.length + 1],
])("%s data than announced is not stored", async (_what, size) => {
  const refused = await put(named(5), archive, size);
  expect([refused.status, stored()]).toEqual([1, []]);
  expect(refused.stderr).toContain("has another size than announced");
});

test("data that is not encrypted is not stored", async () => {
  const refused = await put(named(5), Buffer.from("etcd.db in plain text, longer than a header"));
  expect([refused.status, stored()]).toEqual([1, []]);
  expect(refused.stderr).toContain("is not encrypted with age");
});

test("the remains of a killed transfer do not disturb the next one", async () => {
  writeFileSync(join(host.copies, ".incoming"), "half of an archive");
  expect((await put(named(5))).status).toBe(0);
  expect(readdirSync(host.copies).filter((name) => name !== ".lock")).toEqual([named(5)]);
});

test("an archive for which the disk has no space is refused before it is read", async () => {
  host.write("full");
  const refused = await put(named(5));
  expect([refused.status, stored()]).toEqual([1, []]);
  expect(refused.stderr).toContain("has no space for");
});

test.each(["", "sh", "get x", "list; id", "put", "put a 1 2", "scp -t ."])(
  "the command %j is refused",
  async (command) => {
    const refused = await host.receive(command, archive);
    expect([refused.status, refused.stdout, stored()]).toEqual([1, "", []]);
  },
);

test("a link to the newest copy that was replaced by another file is written again", async () => {
  await put(named(5));
  rmSync(newest());
  mkdirSync(join(host.copiesRoot, "other"));
  writeFileSync(join(host.copiesRoot, "other/file"), "");
  linkSync(join(host.copiesRoot, "other/file"), newest());
  await put(named(6));
  expect(existsSync(newest())).toBe(true);
  expect(statSync(newest()).ino).toBe(statSync(join(host.copies, named(6))).ino);
});
