import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { ensureBaseImage } from "../artefacts/base-image";
import { ensureDebianSnapshot } from "../artefacts/debian-snapshot";
import { compilerCache } from "../artefacts/go";
import { ensureImages } from "../artefacts/images";
import { ensureKubernetesRepository } from "../artefacts/kubernetes-repository";
import { saveReleases, servedReleases } from "../artefacts/served";
import { ensureServicesImage } from "../artefacts/services-image";
import { requestedSource } from "../artefacts/source";
import type { Release } from "../artefacts/versions";
import { waitForHttp, waitForSsh, waitForZone } from "../hosts/answer";
import { cloudflarePort, datadogPort, intakePort, registryPort } from "../hosts/content/services";
import { ensureNetwork } from "../hosts/network";
import { planHosts, theHost } from "../hosts/plan";
import { createHost } from "../hosts/create";
import { ensureSecrets } from "../hosts/secrets";
import { ensureSshKeys, sshFolder } from "../hosts/ssh-keys";
import { readStack } from "../hosts/stack";
import { type Subnet, subnetOf } from "../hosts/subnet";
import { withDockerLock, ensureDocker } from "../machine/docker";
import { checkRoom } from "./limits";
import { ensurePlugins, pluginChoices } from "../pulumi/plugins";
import { ensurePulumi, type Pulumi } from "../pulumi/pulumi";
import type { Finding, Lab } from "../verify/finding";
import { verify } from "../verify/verify";
import { deploy } from "../stack/deploy";
import { ensureProject } from "../stack/project";
import { LabError } from "../base/error";
import { saveDebian, type Place } from "../base/place";
import type { Progress } from "../base/progress";
import { withCacheLock } from "../base/lock";

/** The lab that the checkout's stack `dev` describes, whether it exists or not. */
export function planLab(place: Place): Lab & { readonly subnet: Subnet } {
  const subnet = subnetOf(place);
  const stack = readStack(place, subnet);
  return { place, subnet, stack, hosts: planHosts(stack, subnet) };
}

/** @throws LabError if the lab does not exist */
export function openLab(place: Place): Lab {
  if (!existsSync(sshFolder(place))) {
    throw new LabError("the lab has not been created yet", "Create it: npm run lab");
  }
  return planLab(place);
}

/** Creates the lab and builds the stack in it. Continues where an earlier run stopped. */
export async function createLab(place: Place, progress: Progress): Promise<readonly Finding[]> {
  const lab = planLab(place);
  const pulumi = await createHosts(lab, progress);
  const [, , findings] = await progress.run([
    { title: "Stack dev", run: (report) => ensureProject(place, pulumi, lab.stack, report) },
    { title: "pulumi up", run: (report) => deploy(place, pulumi, report) },
    { title: "Checks", run: (report) => verify(lab, report, 90) },
  ]);
  return findings;
}

/** Builds what is missing and creates the hosts. Existing hosts stay as they are. */
export async function createHosts(lab: ReturnType<typeof planLab>, progress: Progress): Promise<Pulumi> {
  const { place, subnet, stack, hosts } = lab;
  const secrets = ensureSecrets(place);
  pluginChoices();
  requestedSource();
  const releases = servedReleases(place);
  saveDebian(place);
  saveReleases(place, releases);
  await withDockerLock(progress, () =>
    progress.run([
      { title: "Docker", run: (report) => ensureDocker(place, report) },
      { title: "Resources of this machine", run: () => checkRoom(place, releases) },
      { title: "Network", run: () => ensureNetwork(place, subnet, stack.virtualIp) },
    ]),
  );
  const { pulumi, ...built } = await withCacheLock(place, progress, () => build(place, releases, progress));
  await progress.run([{ title: "Pulumi's plugins", run: (report) => ensurePlugins(place, pulumi, report) }]);
  const plan = { place, stack, hosts, secrets, keys: await ensureSshKeys(place, hosts), ...built };
  await progress.run(
    hosts.map((host) => ({
      title: `${host.name} (${host.address})`,
      run: async (report) => {
        const what = await createHost(plan, host, report);
        report("waiting for sshd");
        await waitForSsh(host);
        return what;
      },
    })),
    { together: true },
  );
  const services = theHost(hosts, "services");
  await progress.run([
    {
      title: "Name server, package and image repositories, API stand-ins",
      run: async () => {
        await Promise.all([
          waitForZone(theHost(hosts, "name-server"), stack.zone),
          waitForHttp(services, 80, "/kubernetes/Release.key"),
          waitForHttp(services, registryPort, "/v2/"),
          ...[cloudflarePort, datadogPort, intakePort].map((port) => waitForHttp(services, port, "/")),
        ]);
        return "all answer";
      },
    },
  ]);
  return pulumi;
}

interface Made {
  /** Whether it is official or built here. */
  readonly from: string;
}

/** Builds what is missing in the cache and in Docker. One lab at a time builds into a cache; the others then find the builds. */
async function build(place: Place, releases: readonly Release[], progress: Progress) {
  const [, debian] = await progress.run([
    { title: "Base image of the hosts (Debian)", run: (report) => ensureBaseImage(place, report) },
    { title: "Debian packages for the hosts", run: (report) => ensureDebianSnapshot(place, report) },
  ]);
  const [pulumi, , kubernetes, images] = await progress.run(
    [
      {
        title: "Pulumi",
        run: (report) => ensurePulumi(place, report),
        shows: ({ version, from }: Pulumi) => `${version}, ${from}`,
      },
      { title: "Image of the lab's services", run: (report) => ensureServicesImage(place, report) },
      {
        title: "Kubernetes packages",
        run: (report) => ensureKubernetesRepository(place, releases, report),
        shows: ({ from }: Made) => from,
      },
      {
        title: "Container images",
        run: (report) => ensureImages(place, releases, report),
        shows: ({ from }: Made) => from,
      },
    ],
    { together: true },
  );
  await rm(compilerCache(place), { recursive: true, force: true });
  return { debian, kubernetes: kubernetes.folder, images: images.folders, pulumi };
}
