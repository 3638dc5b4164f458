import { hashOf } from "../artefacts/artefact";
import { baseImage } from "../artefacts/base-image";
import { servicesImage } from "../artefacts/services-image";
import { tarBuffer, type TarEntry } from "../artefacts/tar";
import { LabError } from "../base/error";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";
import {
  allowReboots,
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
import { imageMounts, servicesContent } from "./content/services";
import type { HostsPlan, LabHost } from "./plan";

/** Holds a hash of the files that were copied into one of the lab's own hosts. */
const markFile = "etc/kube-control-lab/content";

/** Creates a host if it does not exist, and starts it if it is stopped. A running host of the stack is not changed. */
export async function createHost(plan: HostsPlan, host: LabHost, report: Report): Promise<string> {
  const result = await createOrStart(plan, host, report);
  await allowReboots(plan.place, host);
  return result;
}

async function createOrStart(plan: HostsPlan, host: LabHost, report: Report): Promise<string> {
  const { place } = plan;
  const spec = await specOf(plan, host);
  const { own } = spec;
  const files = [...commonFiles(plan, host), ...(own?.files ?? [])];
  const mark = hashOf(files.map((file) => ({ ...file, content: String(file.content ?? "") })));
  // the mark comes last, so that an interrupted copy is not taken as complete
  const marked = [...files, { path: markFile, content: `${mark}\n` }];
  const name = containerOf(place, host);
  const found = await findContainer(place, host);
  if (found?.recipe === recipeOf(place, host, spec)) {
    if (!found.running) {
      await docker(["start", name]);
      return "started";
    }
    if (own !== undefined && (await tryRun("docker", ["exec", name, "cat", `/${markFile}`])).stdout.trim() !== mark) {
      await putFiles(name, marked);
      await docker(["exec", name, "systemctl", "daemon-reload"]);
      await docker(["exec", name, "systemctl", "restart", ...own.units]);
      return "updated";
    }
    return "exists";
  }
  if (found !== undefined) {
    if (own === undefined) {
      throw new LabError(
        `${host.name} was created by another version of the lab or from another Pulumi.dev.yaml`,
        "Remove the lab and create it again: npm run lab -- down && npm run lab",
      );
    }
    report("creating it again");
    await removeContainer(place, host);
  }
  await createContainer(place, host, spec);
  await putFiles(name, marked);
  await docker(["start", name]);
  return "booted";
}

interface HostSpec extends ContainerSpec {
  /** Content of one of the lab's own hosts, updated at each run. The program alone changes the stack's hosts. */
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
          ...imageMounts(plan.images),
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

/** Copies files into a container, whether it runs or not. */
async function putFiles(container: string, files: readonly TarEntry[]): Promise<void> {
  await docker(["cp", "--archive", "-", `${container}:/`], { input: await tarBuffer(files) });
}
