import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../base/place";
import { type Artefact, ensureArtefact } from "./artefact";
import { readScript } from "./container";
import { aptInstall, debianSnapshot, fromSnapshot } from "./debian-snapshot";
import { adoptImage } from "./image";
import { online } from "./online";

const download = readScript("images-download.sh");

interface Wanted {
  readonly repository: string;
  readonly tag: string;
}

/**
 * A registry's images for linux/amd64, each in the folder of its repository. The build fails if one cannot be downloaded.
 *
 * @param registry URL
 */
export function officialImages(place: Place, registry: string, wanted: readonly Wanted[]): Artefact {
  const env = { REGISTRY: registry, IMAGES: wanted.map(({ repository, tag }) => `${repository}:${tag}`).join(" ") };
  // without internet this fails within seconds
  const probe = 'curl --silent --show-error --max-time 15 --output /dev/null "$REGISTRY/v2/"';
  return {
    name: `images-${new URL(registry).hostname}`,
    from: [env, download],
    async make(folder, report) {
      for (const { repository } of wanted) mkdirSync(join(folder, repository), { recursive: true });
      await online(place, {
        script: `${probe}\n${fromSnapshot(place)}\n${aptInstall} skopeo\n${download}`,
        out: folder,
        folders: { "/debian": await ensureArtefact(place, debianSnapshot(place), report) },
        env,
        report,
      });
      for (const { repository, tag } of wanted) await adoptImage(join(folder, repository), tag);
    },
  };
}
