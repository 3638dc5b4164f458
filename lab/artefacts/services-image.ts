import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";
import { folderOf, hashOf } from "./artefact";
import { baseImage, hasImage } from "./base-image";
import { aptInstall, debianSnapshot, fromSnapshot, ensureDebianSnapshot } from "./debian-snapshot";

const packages = ["bind9", "bind9-dnsutils", "nginx-light", "nodejs"];

/** None starts by itself: each host enables what it is there for. */
const units = ["named", "nginx"];

const script = (place: Place) => `set -eu
${fromSnapshot(place)}
${aptInstall} ${packages.join(" ")}
systemctl disable ${units.join(" ")}
rm -rf /etc/apt/sources.list.d/lab.list /etc/nginx/sites-enabled/default /var/lib/apt/lists/* /var/log/dpkg.log /var/log/apt
mkdir -p /srv/debian /srv/images /srv/kubernetes
`;

/** Docker's name of the image of those hosts that stand for the world around the stack. */
export const servicesImage = (place: Place) =>
  `kube-control-lab/services:${hashOf([baseImage(place), folderOf(place, debianSnapshot(place)), script(place)])}`;

/** Makes it, where Docker lacks it: the base image with the services' packages. */
export async function ensureServicesImage(place: Place, report: Report): Promise<string> {
  const image = servicesImage(place);
  if (await hasImage(image)) {
    return "there already";
  }
  const snapshot = await ensureDebianSnapshot(place, report);
  const container = `${place.prefix}-making-services`;
  await docker(["rm", "-f", container]).catch(() => undefined);
  try {
    const options = ["--name", container, "--label", place.label, "--network", "none", "-v", `${snapshot}:/debian:ro`];
    await docker(["run", "-i", ...options, baseImage(place), "sh", "-s"], { input: script(place), onLine: report });
    await docker(["commit", "--change", 'CMD ["/usr/local/sbin/lab-init"]', container, image]);
  } finally {
    await docker(["rm", "-f", container]).catch(() => undefined);
  }
  return "made";
}
