import { needBaseImage } from "../build/base-image";
import { needGo } from "../build/go";
import { imageCount, needImages } from "../build/images";
import { push } from "../build/registry";
import { needDebianSnapshot, needKubernetesRepository } from "../build/repositories";
import { needServicesImage } from "../build/services-image";
import { httpAnswers, sshAnswers, zoneAnswers } from "../hosts/answer";
import { cloudflarePort, datadogPort, intakePort, registryPort } from "../hosts/content/services";
import { needNetwork } from "../hosts/network";
import { type LabHost, planHosts, theHost } from "../hosts/plan";
import { raiseHost } from "../hosts/raise";
import { needSecrets } from "../hosts/secrets";
import { needSshKeys } from "../hosts/ssh-keys";
import { readStack, type Stack } from "../hosts/stack";
import { keepSubnet, type Subnet, subnetOf } from "../hosts/subnet";
import { needDocker } from "../toolchain/docker";
import { needInotifyInstances } from "../toolchain/kernel";
import type { Place } from "./place";
import type { Progress } from "./progress";

export interface Raised {
  readonly stack: Stack;
  readonly subnet: Subnet;
  readonly hosts: readonly LabHost[];
}

/** Builds what is missing and raises the hosts; what stands already is left as it is. */
export async function raiseHosts(place: Place, progress: Progress): Promise<Raised> {
  const subnet = subnetOf(place);
  const stack = readStack(place, subnet);
  const hosts = planHosts(stack, subnet);
  keepSubnet(place, subnet);
  const secrets = needSecrets(place);

  await progress.run([
    { title: "Docker", run: (report) => needDocker(place, report) },
    { title: "Kernel", run: async () => needInotifyInstances(place) },
  ]);
  await progress.run(
    [
      { title: "Base image of the hosts (Debian)", run: (report) => needBaseImage(place, report) },
      { title: "Go toolchain", run: needGo },
    ],
    { together: true },
  );
  const found = { debian: "", kubernetes: "" };
  const images: Awaited<ReturnType<typeof needImages>> = [];
  await progress.run([
    {
      title: "Debian packages for the hosts",
      run: async (report) => {
        found.debian = await needDebianSnapshot(place, report);
      },
    },
  ]);
  await progress.run(
    [
      { title: "Image of the lab's services", run: (report) => needServicesImage(place, report) },
      {
        title: "Kubernetes packages",
        run: async (report) => {
          found.kubernetes = await needKubernetesRepository(place, report);
        },
      },
      {
        title: "Container images",
        run: async (report) => {
          images.push(...(await needImages(place, report)));
          return `${imageCount} images`;
        },
      },
    ],
    { together: true },
  );
  const keys = await needSshKeys(place, hosts);
  const plan = { place, subnet, stack, hosts, secrets, keys, ...found };
  await progress.run([{ title: "Network", run: () => needNetwork(place, subnet, { vip: stack.virtualIp }) }]);
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
      title: "Name server, package repositories, API stand-ins",
      run: async () => {
        await Promise.all([
          zoneAnswers(theHost(hosts, "name-server"), stack.zone),
          httpAnswers(services, 80, "/kubernetes/Release.key"),
          ...[cloudflarePort, datadogPort, intakePort].map((port) => httpAnswers(services, port, "/")),
        ]);
        return "answer";
      },
    },
    {
      title: "Image registry",
      run: async (report) => {
        await httpAnswers(services, registryPort, "/v2/");
        let pushed = 0;
        for (const image of images) {
          report(`pushing ${image.repository}`);
          if (await push(`http://${services.address}:${registryPort}`, image)) pushed++;
        }
        return `${images.length} images, ${pushed} pushed`;
      },
    },
  ]);
  return { stack, subnet, hosts };
}
