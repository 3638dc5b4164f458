import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { SemVer } from "semver";
import { type Artefact, folderOf, ensureArtefact } from "../artefacts/artefact";
import { goArtefact } from "../artefacts/go";
import { pulumi, pulumiLanguageNodejs } from "../artefacts/programs";
import { pulumiVersion } from "../artefacts/versions";
import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { whereIs } from "../machine/apt";

/** A Pulumi CLI and its companion programs. */
export interface Pulumi {
  /** Folder of the programs. */
  readonly bin: string;
  readonly version: string;
  readonly from: "on PATH" | "downloaded" | "built";
}

/** The Pulumi CLI on PATH; else the official download; else one built from its Go modules. */
export async function ensurePulumi(place: Place, report: Report = () => undefined): Promise<Pulumi> {
  const own = whereIs("pulumi");
  if (own !== undefined) {
    const { version } = await PulumiCommand.get();
    return { bin: dirname(own), version: String(version), from: "on PATH" };
  }
  const downloaded = await download(place, report);
  if (downloaded !== undefined) {
    return { bin: join(downloaded, "bin"), version: pulumiVersion, from: "downloaded" };
  }
  const built = await ensureArtefact(place, builtPulumi(place), report);
  return { bin: join(built, "bin"), version: pulumiVersion, from: "built" };
}

const installer = "https://get.pulumi.com/install.sh";

/** Downloads with Pulumi's own installer; undefined if its site cannot be reached or lacks this version. */
async function download(place: Place, report: Report): Promise<string | undefined> {
  const artefact: Artefact = {
    name: "pulumi-official",
    from: pulumiVersion,
    async make(folder, tell) {
      tell("downloading");
      const install = PulumiCommand.install({ root: folder, version: new SemVer(pulumiVersion) });
      const timeout = pause(300_000, "timeout", { ref: false });
      if ((await Promise.race([install, timeout])) === "timeout") throw new Error("not done after 300 s");
    },
  };
  try {
    // checked first, because the installer waits long for a site that does not answer
    const { ok } = await fetch(installer, { method: "HEAD", signal: AbortSignal.timeout(10_000) });
    return ok ? await ensureArtefact(place, artefact, report) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs the dynamic resources in states of versions before 0.2. The engine starts it in the program's folder; it runs the
 * program's own SDK.
 */
const dynamicProvider = `#!/bin/sh
main=$(node -p 'require.resolve("@pulumi/pulumi/cmd/dynamic-provider")') || exit
exec node "$main" "$@"
`;

/** The CLI, and the programs of the official archive that this project needs. */
function builtPulumi(place: Place): Artefact {
  const parts = [pulumi, pulumiLanguageNodejs].map((part) => ({ artefact: goArtefact(part), programs: part.programs }));
  return {
    name: "pulumi",
    from: [parts.map(({ artefact }) => folderOf(place, artefact)), dynamicProvider],
    async make(folder, report) {
      const bin = join(folder, "bin");
      mkdirSync(bin);
      for (const { artefact, programs } of parts) {
        const from = await ensureArtefact(place, artefact, report);
        for (const name of Object.keys(programs)) {
          // not a symbolic link: the CLI looks for its companions beside the real file
          linkSync(join(from, name), join(bin, name));
        }
      }
      writeFileSync(join(bin, "pulumi-resource-pulumi-nodejs"), dynamicProvider, { mode: 0o755 });
    },
  };
}
