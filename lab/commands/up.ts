import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { needBaseImage } from "../artefacts/base-image";
import { needDebianSnapshot } from "../artefacts/debian-snapshot";
import { compilerCache } from "../artefacts/go";
import { needImages } from "../artefacts/images";
import { needKubernetesRepository } from "../artefacts/kubernetes-repository";
import { needServicesImage } from "../artefacts/services-image";
import { wantedSource } from "../artefacts/source";
import { httpAnswers, sshAnswers, zoneAnswers } from "../hosts/answer";
import { cloudflarePort, datadogPort, intakePort, registryPort } from "../hosts/content/services";
import { needNetwork } from "../hosts/network";
import { planHosts, theHost } from "../hosts/plan";
import { raiseHost } from "../hosts/raise";
import { needSecrets } from "../hosts/secrets";
import { needSshKeys, sshFolder } from "../hosts/ssh-keys";
import { readStack } from "../hosts/stack";
import { type Subnet, subnetOf } from "../hosts/subnet";
import { dockerInTurn, needDocker } from "../machine/docker";
import { checkRoom } from "./limits";
import { needPlugins, pluginWishes } from "../pulumi/plugins";
import { needPulumi, type Pulumi } from "../pulumi/pulumi";
import type { Finding, Lab } from "../verify/finding";
import { verify } from "../verify/verify";
import { deploy } from "../stack/deploy";
import { needProject } from "../stack/project";
import { LabError } from "../base/error";
import { keepDebian, type Place } from "../base/place";
import type { Progress } from "../base/progress";
import { cacheInTurn } from "../base/turn";

/** The lab that the checkout's stack `dev` describes, raised or not. */
export function planLab(place: Place): Lab & { readonly subnet: Subnet } {
  const subnet = subnetOf(place);
  const stack = readStack(place, subnet);
  return { place, subnet, stack, hosts: planHosts(stack, subnet) };
}

/** The lab that stands. */
export function openLab(place: Place): Lab {
  if (!existsSync(sshFolder(place))) {
    throw new LabError("there is no lab yet", "Raise it: npm run lab");
  }
  return planLab(place);
}

/** From nothing, or from wherever an earlier run has stopped, to a lab in which everything of the stack stands. */
export async function raise(place: Place, progress: Progress): Promise<readonly Finding[]> {
  const lab = planLab(place);
  const pulumi = await raiseHosts(lab, progress);
  const [, , findings] = await progress.run([
    { title: "Stack dev", run: (report) => needProject(place, pulumi, lab.stack, report) },
    { title: "pulumi up", run: (report) => deploy(place, pulumi, report) },
    { title: "Looking whether all stands", run: (report) => verify(lab, report, 90) },
  ]);
  return findings;
}

/** Builds what is missing and raises the hosts; what stands already is left as it is. */
export async function raiseHosts(lab: ReturnType<typeof planLab>, progress: Progress): Promise<Pulumi> {
  const { place, subnet, stack, hosts } = lab;
  const secrets = needSecrets(place);
  pluginWishes();
  wantedSource();
  keepDebian(place);
  await dockerInTurn(progress, () =>
    progress.run([
      { title: "Docker", run: (report) => needDocker(place, report) },
      { title: "Room for the lab", run: () => checkRoom(place) },
      { title: "Network", run: () => needNetwork(place, subnet, stack.virtualIp) },
    ]),
  );
  const { pulumi, ...built } = await cacheInTurn(place, progress, () => build(place, progress));
  await progress.run([{ title: "Pulumi's plugins", run: (report) => needPlugins(place, pulumi, report) }]);
  const plan = { place, stack, hosts, secrets, keys: await needSshKeys(place, hosts), ...built };
  await progress.run(
    hosts.map((host) => ({
      title: `${host.name} (${host.address})`,
      run: async (report) => {
        const what = await raiseHost(plan, host, report);
        report("waiting for sshd");
        await sshAnswers(host);
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
          zoneAnswers(theHost(hosts, "name-server"), stack.zone),
          httpAnswers(services, 80, "/kubernetes/Release.key"),
          httpAnswers(services, registryPort, "/v2/"),
          ...[cloudflarePort, datadogPort, intakePort].map((port) => httpAnswers(services, port, "/")),
        ]);
        return "answer";
      },
    },
  ]);
  return pulumi;
}

interface Made {
  /** Whether it is official or built. */
  readonly from: string;
}

/** Builds what the cache and Docker lack. Of the labs that share a cache one builds at a time: the others find it built. */
async function build(place: Place, progress: Progress) {
  const [, debian] = await progress.run([
    { title: "Base image of the hosts (Debian)", run: (report) => needBaseImage(place, report) },
    { title: "Debian packages for the hosts", run: (report) => needDebianSnapshot(place, report) },
  ]);
  const [pulumi, , kubernetes, images] = await progress.run(
    [
      {
        title: "Pulumi",
        run: (report) => needPulumi(place, report),
        shows: ({ version, from }: Pulumi) => `${version}, ${from}`,
      },
      { title: "Image of the lab's services", run: (report) => needServicesImage(place, report) },
      {
        title: "Kubernetes packages",
        run: (report) => needKubernetesRepository(place, report),
        shows: ({ from }: Made) => from,
      },
      { title: "Container images", run: (report) => needImages(place, report), shows: ({ from }: Made) => from },
    ],
    { together: true },
  );
  await rm(compilerCache(place), { recursive: true, force: true });
  return { debian, kubernetes: kubernetes.folder, images: images.folders, pulumi };
}
