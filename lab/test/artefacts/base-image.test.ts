import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writeDebianSources } from "../../artefacts/base-image";
import { scratchFolder } from "../scratch";

/** The sources that are written for a release on a machine with these files in /etc/apt. */
function sourcesOn(files: Readonly<Record<string, string>>, debian = "bookworm"): Record<string, string> {
  const folder = scratchFolder();
  mkdirSync(join(folder, "sources.list.d"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  const written = writeDebianSources({ debian }, scratchFolder(), folder);
  return Object.fromEntries(written.map((path) => [basename(path), readFileSync(path, "utf8")]));
}

const debianOwn = `deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
`;
const deb822 = `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;
const mirror = "deb [trusted=yes] http://mirror.example/debian bookworm main contrib\n";

const security = "deb http://security.debian.org bookworm-security main\n";

test.each<[string, Record<string, string>, Record<string, string>]>([
  ["sources in deb822 format", { "sources.list.d/debian.sources": deb822 }, { "debian-0.sources": deb822 }],
  ["a mirror in one-line format", { "sources.list": mirror }, { "debian-0.list": mirror }],
  [
    "security updates in a separate file",
    { "sources.list": mirror, "sources.list.d/s.list": security },
    { "debian-0.list": mirror, "debian-1.list": security },
  ],
  [
    "a mirror of another release",
    { "sources.list": mirror.replace("bookworm", "trixie") },
    { "debian-0.list": mirror },
  ],
  [
    "another release with its updates, and a comment",
    { "sources.list.d/debian.sources": `# as installed\n${deb822.replaceAll("bookworm", "trixie")}` },
    { "debian-0.sources": deb822 },
  ],
])("%s: the machine's mirror is used with the hosts' release", (_what, files, expected) => {
  expect(sourcesOn(files)).toEqual(expected);
});

test("for sid, update suites and security suites are left out", () => {
  const inParagraphs = `${deb822}\n${deb822.replace("Suites: bookworm bookworm-updates", "Suites: bookworm-security")}`;
  expect(sourcesOn({ "sources.list.d/debian.sources": inParagraphs }, "sid")["debian-0.sources"]?.trim()).toBe(
    deb822.replace("bookworm bookworm-updates", "sid").trim(),
  );
  expect(sourcesOn({}, "sid")).toEqual({ "debian-0.list": "deb http://deb.debian.org/debian sid main\n" });
});

test("sources of other vendors are left out", () => {
  const written = sourcesOn({
    "sources.list.d/debian.sources": deb822,
    "sources.list.d/docker.list": "deb [signed-by=/k] https://download.docker.com/linux/debian bookworm stable\n",
    "sources.list.d/hashicorp.list": "deb https://apt.releases.hashicorp.com bookworm main\n",
    "sources.list.d/postgresql.list": "deb https://apt.postgresql.org/pub/repos/apt bookworm-pgdg main\n",
    "sources.list.d/debian.sources.save": deb822,
  });
  expect(written).toEqual({ "debian-0.sources": deb822 });
});

test.each<[string, Record<string, string>]>([
  ["no sources", {}],
  ["Ubuntu", { "sources.list": "deb http://archive.ubuntu.com/ubuntu jammy main\n" }],
  ["only comments", { "sources.list": `# ${mirror}\n  #${mirror}` }],
  [
    "only another vendor",
    { "sources.list.d/d.list": "deb https://download.docker.com/linux/debian bookworm stable\n" },
  ],
])("%s: deb.debian.org is used", (_what, files) => {
  expect(sourcesOn(files)).toEqual({ "debian-0.list": debianOwn });
});

test("no folder /etc/apt: deb.debian.org is used", () => {
  const [written = ""] = writeDebianSources({ debian: "bookworm" }, scratchFolder(), join(scratchFolder(), "apt"));
  expect(readFileSync(written, "utf8")).toBe(debianOwn);
});
