import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { LabError } from "../base/error";
import { run, tryRun } from "../base/process";
import type { Report } from "../base/progress";

/** Absolute path of a program on PATH, or in the sbin folders, which are not on an ordinary user's PATH. */
export function whereIs(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
  return folders
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Installs the Debian packages of missing programs. `wanted`: program → package. */
export async function ensurePrograms(wanted: Readonly<Record<string, string>>, report: Report): Promise<void> {
  const missing = Object.entries(wanted).filter(([program]) => whereIs(program) === undefined);
  if (missing.length === 0) {
    return;
  }
  const packages = [...new Set(missing.map(([, name]) => name))];
  const remedy = `Install ${packages.join(", ")} yourself, then run the lab again.`;
  if (whereIs("apt-get") === undefined) {
    throw new LabError(
      `this machine has no ${missing.map(([program]) => program).join(", no ")}, and no apt-get to install them`,
      remedy,
    );
  }
  report(`installing ${packages.join(", ")}`);
  const [command = "", ...sudo] = process.getuid?.() === 0 ? ["apt-get"] : ["sudo", "-n", "apt-get"];
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, remedy };
  const install = [...sudo, "-o", "DPkg::Lock::Timeout=300", "install", "-y", "--no-install-recommends", ...packages];
  // package lists may be old or missing: update them and try again
  if ((await tryRun(command, install, options)).code !== 0) {
    await run(command, [...sudo, "update"], options);
    await run(command, install, options);
  }
}
