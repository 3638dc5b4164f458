import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeDebianSources } from "../../artefacts/base-image";

// Debian suites in folders, whose programs run on this machine.

/** A Debian system in a folder. */
export interface Debian {
  readonly suite: string;
  readonly root: string;
}

/**
 * Installs packages of a suite and their dependencies into a folder.
 *
 * @throws Error with the last lines of mmdebstrap
 */
export function makeDebian(suite: string, packages: readonly string[]): Debian {
  const folder = mkdtempSync(join(tmpdir(), `kube-control-${suite}-`));
  const debian = { suite, root: join(folder, "root") };
  const options = ["--variant=minbase", `--include=${packages.join(",")}`];
  // a mirror's state of a rolling suite may have expired
  options.push('--aptopt=Acquire::Check-Valid-Until "false"');
  // experimental has only some packages; the others come from sid
  const suites = suite === "experimental" ? ["sid", suite] : [suite];
  if (suites.length > 1) options.push(`--aptopt=APT::Default-Release "${suite}"`);
  const sources = suites.flatMap((one) => {
    mkdirSync(join(folder, one));
    return writeDebianSources({ debian: one }, join(folder, one));
  });
  const made = spawnSync("mmdebstrap", [...options, suites[0] ?? suite, debian.root, ...sources], { encoding: "utf8" });
  if (made.status !== 0) {
    removeDebian(debian);
    throw made.error ?? new Error(made.stderr.trim().split("\n").slice(-5).join("; "));
  }
  return debian;
}

export function removeDebian({ root }: Debian): void {
  rmSync(dirname(root), { recursive: true, force: true });
}

/** Runs a program in a chroot with the machine's devices, in a mount namespace that ends with the program. */
const enter =
  'for folder in dev proc sys tmp; do mount --rbind "/$folder" "$0/$folder" || exit; done; exec chroot "$0" "$@"';

/** The command that runs a program in a Debian folder, with this machine's devices, network and /tmp. */
export const within = ({ root }: Debian, ...command: readonly string[]): [string, ...string[]] => [
  "unshare",
  ...["--mount", "sh", "-c", enter, root, ...command],
];

/**
 * The command that runs a program of a Debian folder with this machine's files, but with its own libraries, which may be newer
 * than this machine's.
 */
export const outOf = ({ root }: Debian, ...command: readonly string[]): [string, ...string[]] => {
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  const [program = "", ...args] = command;
  return [join(libraries, "ld-linux-x86-64.so.2"), "--library-path", libraries, join(root, program), ...args];
};

/** Creates a folder of programs for PATH: name → command. */
export function programs(commands: Readonly<Record<string, readonly string[]>>): string {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-programs-"));
  for (const [name, command] of Object.entries(commands)) {
    const words = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  }
  return folder;
}
