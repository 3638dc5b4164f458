import type { Place } from "../base/place";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";
import { folderOf, hashOf } from "./artefact";
import { baseImage, hasImage } from "./base-image";
import { aptInstall, debianSnapshot, fromSnapshot, ensureDebianSnapshot } from "./debian-snapshot";

const packages = ["bind9", "bind9-dnsutils", "nginx-light", "nodejs"];

/** Disabled in the image; each host enables the units that it needs. */
const units = ["named", "nginx"];

const script = (place: Place) => `set -eu
${fromSnapshot(place)}
${aptInstall} ${packages.join(" ")}
systemctl disable ${units.join(" ")}
rm -rf /etc/apt/sources.list.d/lab.list /etc/nginx/sites-enabled/default /var/lib/apt/lists/* /var/log/dpkg.log /var/log/apt
mkdir -p /srv/debian /srv/images /srv/kubernetes
`;

/** The name in Docker of the image of the lab's own hosts: ns1, services and nas. */
export const servicesImage = (place: Place) =>
  `kube-control-lab/services:${hashOf([baseImage(place), folderOf(place, debianSnapshot(place)), script(place)])}`;

/** Builds that image if Docker does not have it: the base image with the services' packages. */
export async function ensureServicesImage(place: Place, report: Report): Promise<string> {
  const image = servicesImage(place);
  if (await hasImage(image)) {
    return "exists";
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
  return "built";
}
