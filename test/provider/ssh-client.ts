import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that is first in PATH while each test of the enclosing block runs. Returns a function that tells its path. */
export function folderInPath(): () => string {
  let folder: string;
  let path: string | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kube-control-test-"));
    path = process.env["PATH"];
    process.env["PATH"] = `${folder}:${path}`;
  });
  afterEach(() => {
    process.env["PATH"] = path;
    rmSync(folder, { recursive: true });
  });
  return () => folder;
}

/** Writes ssh, a bash program with this text, and a sudo that runs its command as this user. */
export function writeSshClient(folder: string, text: string): void {
  writeFileSync(join(folder, "ssh"), `#!/bin/bash\n${text}`);
  writeFileSync(join(folder, "sudo"), '#!/bin/bash\n[[ $1 != -n ]] || shift\nexec "$@"\n');
  for (const tool of ["ssh", "sudo"]) chmodSync(join(folder, tool), 0o755);
}
