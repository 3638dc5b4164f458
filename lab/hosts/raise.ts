import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "../artefacts/artefact";
import { baseImage } from "../artefacts/base-image";
import { servicesImage } from "../artefacts/services-image";
import { tarBuffer, type TarEntry } from "../artefacts/tar";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { tryRun } from "../base/process";
import type { Report } from "../base/progress";
import { docker } from "../machine/docker";
import {
  containerOf,
  type ContainerPlan,
  createContainer,
  findContainer,
  recipeOf,
  removeContainer,
} from "./containers";
import { commonFiles, type HostContent } from "./content/host";
import { nameServerContent } from "./content/name-server";
import { nasContent } from "./content/nas";
import { servicesContent } from "./content/services";
import { type LabHost, theHost } from "./plan";
import type { LabSecrets } from "./secrets";
import type { SshKeys } from "./ssh-keys";
import type { Stack } from "./stack";
import type { Subnet } from "./subnet";

export interface HostsPlan {
  readonly place: Place;
  readonly subnet: Subnet;
  readonly stack: Stack;
  readonly hosts: readonly LabHost[];
  readonly secrets: LabSecrets;
  readonly keys: SshKeys;
  /** Folders of the package repositories. */
  readonly debian: string;
  readonly kubernetes: string;
}

/** Raises one host: what stands is left alone, what is missing is made, what has stopped is started. */
export async function raiseHost(plan: HostsPlan, host: LabHost, report: Report): Promise<string> {
  const { place } = plan;
  const container = containerPlan(plan, host);
  const content = await contentOf(plan, host);
  const found = await findContainer(place, host);
  const ownToLab = ["name-server", "services", "nas"].includes(host.role);
  if (found !== undefined && found.recipe !== recipeOf(place, container)) {
    if (!ownToLab) {
      throw new LabError(
        `${host.name} was made by another version of the lab or another Pulumi.dev.yaml`,
        "Take the lab down and raise it again: npm run lab -- down && npm run lab",
      );
    }
    report("made anew");
    await removeContainer(place, host);
  } else if (found !== undefined) {
    const name = containerOf(place, host);
    if (!found.running) {
      await docker(["start", name]);
      return "started again";
    }
    // the lab's own hosts follow the checkout; the stack's belong to the program from their birth on
    if (ownToLab && (await contentMark(name)) !== markOf(content)) {
      await putFiles(name, content.files);
      await placeMark(name, content);
      await docker(["exec", name, "systemctl", "daemon-reload"]);
      await docker(["exec", name, "systemctl", "restart", ...content.units]);
      return "brought up to date";
    }
    return "there already";
  }
  await createContainer(place, container);
  const name = containerOf(place, host);
  await putFiles(name, content.files);
  await placeMark(name, content);
  await docker(["start", name]);
  return "booted";
}

function containerPlan({ place, debian, kubernetes }: HostsPlan, host: LabHost): ContainerPlan {
  switch (host.role) {
    case "name-server":
      return { host, image: servicesImage(place), kept: { "/var/lib/bind": `${place.prefix}-zones` } };
    case "services":
      return {
        host,
        image: servicesImage(place),
        folders: { "/srv/debian": debian, "/srv/kubernetes": kubernetes },
        kept: {
          "/var/lib/kube-control-lab": `${place.prefix}-state`,
          "/var/log/kube-control-lab": `${place.prefix}-journals`,
          "/var/lib/docker-registry": `${place.prefix}-images`,
        },
      };
    case "nas":
      return { host, image: servicesImage(place) };
    default:
      return { host, image: baseImage };
  }
}

async function contentOf(plan: HostsPlan, host: LabHost): Promise<HostContent> {
  const { stack, secrets, hosts, keys } = plan;
  const nameServer = theHost(hosts, "name-server").address;
  const hostKey = keys.hosts.get(host.name);
  if (hostKey === undefined) {
    throw new Error(`no key for ${host.name}`);
  }
  const common = commonFiles({
    host,
    hostKey,
    nameServer,
    subnet: plan.subnet,
    userKey: keys.user,
    services: theHost(hosts, "services").address,
    repositoryKey: readFileSync(join(plan.debian, "Release.key"), "utf8"),
  });
  const own: HostContent = await {
    "name-server": () => nameServerContent({ zone: stack.zone, address: host.address, secrets }),
    services: () => servicesContent({ stack, secrets, nameServer }),
    nas: () => nasContent(stack),
    master: nothingMore,
    worker: nothingMore,
    "load-balancer": nothingMore,
    monitor: nothingMore,
  }[host.role]();
  return { files: [...common, ...own.files], units: own.units };
}

const nothingMore = (): HostContent => ({ files: [], units: [] });

const markFile = "etc/kube-control-lab/content";

const markOf = (content: HostContent) =>
  hashOf(content.files.map((file) => ({ ...file, content: String(file.content ?? "") })));

async function contentMark(container: string): Promise<string> {
  return (await tryRun("docker", ["exec", container, "cat", `/${markFile}`])).stdout.trim();
}

async function placeMark(container: string, content: HostContent): Promise<void> {
  await putFiles(container, [{ path: markFile, content: `${markOf(content)}\n` }]);
}

/** Puts files into a container, running or not. */
async function putFiles(container: string, files: readonly TarEntry[]): Promise<void> {
  await docker(["cp", "--archive", "-", `${container}:/`], { input: await tarBuffer(files) });
}
