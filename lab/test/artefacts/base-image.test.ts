import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { debianSources } from "../../artefacts/base-image";
import { scratchFolder } from "../scratch";

/** An /etc/apt with these files, by path within it. */
function apt(files: Readonly<Record<string, string>>) {
  const folder = scratchFolder();
  mkdirSync(join(folder, "sources.list.d"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text);
  return { folder, sources: debianSources(folder).map((one) => one.replace(`${folder}/`, "")) };
}

const debianOwn = [
  "deb http://deb.debian.org/debian bookworm main",
  "deb http://deb.debian.org/debian bookworm-updates main",
  "deb http://deb.debian.org/debian-security bookworm-security main",
];
const deb822 = `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;
const mirror = "deb [trusted=yes] http://mirror.example/debian bookworm main contrib\n";

test.each([
  [
    "Debian's sources as apt writes them now",
    { "sources.list.d/debian.sources": deb822 },
    ["sources.list.d/debian.sources"],
  ],
  ["a mirror in the old form", { "sources.list": mirror }, ["sources.list"]],
  [
    "security updates in a file of their own",
    { "sources.list": mirror, "sources.list.d/s.list": "deb http://security.debian.org bookworm-security main\n" },
    ["sources.list", "sources.list.d/s.list"],
  ],
])("%s are used as they are", (_what, files, expected) => {
  expect(apt(files as Record<string, string>).sources).toEqual(expected);
});

test("vendors' sources beside Debian's are left out", () => {
  const { sources } = apt({
    "sources.list.d/debian.sources": deb822,
    "sources.list.d/docker.list": "deb [signed-by=/k] https://download.docker.com/linux/debian bookworm stable\n",
    "sources.list.d/hashicorp.list": "deb https://apt.releases.hashicorp.com bookworm main\n",
    "sources.list.d/postgresql.list": "deb https://apt.postgresql.org/pub/repos/apt bookworm-pgdg main\n",
    "sources.list.d/debian.sources.save": deb822,
  });
  expect(sources).toEqual(["sources.list.d/debian.sources"]);
});

test.each<[string, Record<string, string>]>([
  ["no sources", {}],
  ["another release", { "sources.list": mirror.replace("bookworm", "trixie") }],
  ["Ubuntu", { "sources.list": "deb http://archive.ubuntu.com/ubuntu jammy main\n" }],
  ["only what is commented out", { "sources.list": `# ${mirror}\n  #${mirror}` }],
  ["a vendor's only", { "sources.list.d/d.list": "deb https://download.docker.com/linux/debian bookworm stable\n" }],
])("%s: Debian's own mirrors", (_what, files) => {
  expect(apt(files).sources).toEqual(debianOwn);
});

test("no folder of sources at all", () => expect(debianSources(join(scratchFolder(), "apt"))).toEqual(debianOwn));
