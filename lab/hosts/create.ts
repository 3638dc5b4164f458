import { hashOf } from "../artefacts/artefact";
import { baseImage } from "../artefacts/base-image";
import { servicesImage } from "../artefacts/services-image";
import { tarBuffer, type TarEntry } from "../artefacts/tar";
import { LabError } from "../base/error";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";
import {
  containerOf,
  createContainer,
  type ContainerSpec,
  findContainer,
  recipeOf,
  removeContainer,
} from "./containers";
import { commonFiles, type HostContent } from "./content/host";
import { nameServerContent } from "./content/name-server";
import { nasContent } from "./content/nas";
import { programJournalFolder, programStateFolder } from "./content/program";
import { imagesFolder, servicesContent } from "./content/services";
import type { HostsPlan, LabHost } from "./plan";

/** Marks what was put into a host of the lab's own. */
const markFile = "etc/kube-control-lab/content";

/** Raises one host: what stands is left alone, what is missing is made, what has stopped is started. */
export async function createHost(plan: HostsPlan, host: LabHost, report: Report): Promise<string> {
  const { place } = plan;
  const design = await specOf(plan, host);
  const { own } = design;
  const files = [...commonFiles(plan, host), ...(own?.files ?? [])];
  const mark = hashOf(files.map((file) => ({ ...file, content: String(file.content ?? "") })));
  // last, so that files which were cut short are not taken for whole
  const marked = [...files, { path: markFile, content: `${mark}\n` }];
  const name = containerOf(place, host);
  const found = await findContainer(place, host);
  if (found?.recipe === recipeOf(place, host, design)) {
    if (!found.running) {
      await docker(["start", name]);
      return "started again";
    }
    if (own !== undefined && (await tryRun("docker", ["exec", name, "cat", `/${markFile}`])).stdout.trim() !== mark) {
      await putFiles(name, marked);
      await docker(["exec", name, "systemctl", "daemon-reload"]);
      await docker(["exec", name, "systemctl", "restart", ...own.units]);
      return "brought up to date";
    }
    return "there already";
  }
  if (found !== undefined) {
    if (own === undefined) {
      throw new LabError(
        `${host.name} was made by another version of the lab or another Pulumi.dev.yaml`,
        "Take the lab down and raise it again: npm run lab -- down && npm run lab",
      );
    }
    report("made anew");
    await removeContainer(place, host);
  }
  await createContainer(place, host, design);
  await putFiles(name, marked);
  await docker(["start", name]);
  return "booted";
}

interface HostSpec extends ContainerSpec {
  /** Of a host of the lab's own, which follows the checkout. The stack's belong to the program from their birth on. */
  readonly own?: HostContent;
}

async function specOf(plan: HostsPlan, host: LabHost): Promise<HostSpec> {
  const image = servicesImage(plan.place);
  const volume = (name: string) => `${plan.place.prefix}-${name}`;
  switch (host.role) {
    case "name-server":
      return { image, kept: { "/var/lib/bind": volume("zones") }, own: nameServerContent(plan, host) };
    case "services":
      return {
        image,
        folders: {
          "/srv/debian": plan.debian,
          "/srv/kubernetes": plan.kubernetes,
          ...Object.fromEntries(
            Object.entries(plan.images).map(([repository, folder]) => [`${imagesFolder}/${repository}`, folder]),
          ),
        },
        kept: { [programStateFolder]: volume("state"), [programJournalFolder]: volume("journals") },
        own: await servicesContent(plan),
      };
    case "nas":
      return { image, own: await nasContent(plan) };
    default:
      return { image: baseImage(plan.place) };
  }
}

/** Puts files into a container, running or not. */
async function putFiles(container: string, files: readonly TarEntry[]): Promise<void> {
  await docker(["cp", "--archive", "-", `${container}:/`], { input: await tarBuffer(files) });
}
