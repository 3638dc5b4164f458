import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { controlFile, type Deb, debFileName, writeDeb } from "../../artefacts/deb";
import { kubernetesDebs } from "../../artefacts/kubernetes-debs";
import { scratchFolder } from "./scratch";

const folder = scratchFolder();
const program = join(folder, "program");
writeFileSync(program, Buffer.alloc(3001, "p"));

const longPath = `usr/share/${"long-name/".repeat(12)}end`;
const deb: Deb = {
  name: "kube-test",
  version: "1.2.3-1.1",
  depends: ["iproute2", "iptables (>= 1.4.21)"],
  description: "Program of a test\nIt does nothing,\nin two lines.",
  configurationFiles: ["/etc/default/kube-test"],
  files: [
    { path: "etc", folder: true },
    { path: "etc/default", folder: true },
    { path: "etc/default/kube-test", content: "ARGS=\n" },
    { path: "usr", folder: true },
    { path: "usr/bin", folder: true },
    { path: "usr/bin/kube-test", file: program, mode: 0o755 },
    { path: "usr/bin/alias", link: "kube-test" },
    { path: longPath, content: "far" },
  ],
  scripts: { postinst: "#!/bin/sh\nexit 0\n", prerm: "#!/bin/sh\nexit 0\n" },
};

test("the control file has the fields that apt reads, one a line", () => {
  expect(controlFile(deb)).toBe(
    [
      "Package: kube-test",
      "Version: 1.2.3-1.1",
      "Architecture: amd64",
      "Maintainer: kube-control's lab <lab@localhost>",
      "Section: admin",
      "Priority: optional",
      "Depends: iproute2, iptables (>= 1.4.21)",
      "Description: Program of a test",
      " It does nothing,",
      " in two lines.",
      "",
    ].join("\n"),
  );
  expect(controlFile({ ...deb, depends: [] })).not.toContain("Depends");
});

test("a package is an ar archive of three members, whose lengths are padded to even", async () => {
  const file = join(folder, debFileName(deb));
  await writeDeb(deb, file);
  const bytes = readFileSync(file);
  expect(bytes.toString("latin1", 0, 8)).toBe("!<arch>\n");
  const members: string[] = [];
  for (let at = 8; at < bytes.length;) {
    const head = bytes.toString("latin1", at, at + 60);
    expect(head.slice(58)).toBe("`\n");
    members.push(head.slice(0, 16).trim());
    const size = Number(head.slice(48, 58));
    at += 60 + size + (size % 2);
  }
  expect(members).toEqual(["debian-binary", "control.tar.gz", "data.tar.gz"]);
  expect(readdirSync(folder).sort()).toEqual(["kube-test_1.2.3-1.1_amd64.deb", "program"]);
});

test("the same package is the same file", async () => {
  const [one, other] = [join(folder, "one.deb"), join(folder, "other.deb")];
  await writeDeb(deb, one);
  await writeDeb(deb, other);
  expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
});

test("Kubernetes' packages list each folder before what lies in it, and no path twice", () => {
  for (const { name, files, configurationFiles = [] } of kubernetesDebs("/kube", "/cni")) {
    const seen = new Set<string>();
    for (const { path } of files) {
      const above = path.split("/").slice(0, -1).join("/");
      expect([name, path, above === "" || seen.has(above)]).toEqual([name, path, true]);
      expect([name, path, seen.has(path)]).toEqual([name, path, false]);
      seen.add(path);
    }
    // dpkg refuses a package whose conffile is not in it
    expect(configurationFiles.filter((file) => !seen.has(file.slice(1)))).toEqual([]);
  }
});

const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;
const withDpkg = hasDpkg ? describe : describe.skip;

withDpkg(`read by dpkg-deb${hasDpkg ? "" : " (not on this machine: package dpkg)"}`, () => {
  const file = join(folder, "read.deb");
  const dpkg = (...args: string[]) =>
    execFileSync("dpkg-deb", args, { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" } });
  beforeAll(() => writeDeb(deb, file));

  test("what it is", () => {
    expect(dpkg("--field", file, "Package", "Version", "Architecture", "Depends")).toBe(
      "Package: kube-test\nVersion: 1.2.3-1.1\nArchitecture: amd64\nDepends: iproute2, iptables (>= 1.4.21)\n",
    );
    expect(dpkg("--field", file, "Description")).toBe("Program of a test\n It does nothing,\n in two lines.\n");
    expect(dpkg("--info", file)).toMatch(/conffiles[^]*postinst[^]*prerm/);
    expect(dpkg("--info", file, "conffiles")).toBe("/etc/default/kube-test\n");
    expect(dpkg("--info", file, "postinst")).toBe("#!/bin/sh\nexit 0\n");
  });

  test("what is in it", () => {
    const lines = dpkg("--contents", file)
      .trim()
      .split("\n")
      .map((line) => line.replace(/^(\S+) (?:0\/0|root\/root)\s+(\d+) 1970-01-01 00:00 /, "$1 0/0 $2 "));
    expect(lines).toEqual([
      "drwxr-xr-x 0/0 0 ./etc/",
      "drwxr-xr-x 0/0 0 ./etc/default/",
      "-rw-r--r-- 0/0 6 ./etc/default/kube-test",
      "drwxr-xr-x 0/0 0 ./usr/",
      "drwxr-xr-x 0/0 0 ./usr/bin/",
      "-rwxr-xr-x 0/0 3001 ./usr/bin/kube-test",
      "lrwxrwxrwx 0/0 0 ./usr/bin/alias -> kube-test",
      `-rw-r--r-- 0/0 3 ./${longPath}`,
    ]);
  });

  test("what it unpacks", () => {
    const target = scratchFolder();
    dpkg("--raw-extract", file, target);
    expect(readFileSync(join(target, "usr/bin/kube-test")).equals(readFileSync(program))).toBe(true);
    expect(readFileSync(join(target, "usr/bin/alias")).length).toBe(3001);
    expect(readFileSync(join(target, longPath), "utf8")).toBe("far");
    expect(statSync(join(target, "DEBIAN/postinst")).mode & 0o777).toBe(0o755);
  });
});
