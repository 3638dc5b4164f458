import type { Provider } from "../protocol/resource";
import { flag, list, record, required, text } from "../protocol/schema";
import { isUnknown, type Value } from "../protocol/value";
import { dockerClient } from "./connection";
import { container } from "./container";
import { remoteImage, type DockerConfiguration } from "./image";

const unneeded = { unsupported: "a daemon is reached over ssh or its socket" };

/** Stands in for the official plugin of @pulumi/docker, for the resource types that kube-control uses. */
export const dockerProvider: Provider<DockerConfiguration> = {
  name: "docker",
  version: "5.2.0",
  configuration: {
    host: { ...text, environment: ["DOCKER_HOST"], fallback: "unix:///var/run/docker.sock" },
    sshOpts: list(text),
    disableDockerDaemonCheck: flag,
    registryAuth: list(
      record({
        address: required(text),
        username: text,
        password: { ...text, secret: true },
        authDisabled: flag,
        configFile: { ...text, ...unneeded },
        configFileContent: { ...text, ...unneeded },
      }),
    ),
    caMaterial: { ...text, ...unneeded },
    certMaterial: { ...text, ...unneeded },
    certPath: { ...text, ...unneeded },
    keyMaterial: { ...text, ...unneeded },
    context: { ...text, ...unneeded },
  },
  resources: {
    "docker:index/remoteImage:RemoteImage": remoteImage,
    "docker:index/container:Container": container,
  },
  checkConfiguration({ host }) {
    const url = host as string;
    const known = isUnknown(url) || (/^(ssh|unix|tcp):\/\/./.test(url) && URL.canParse(url));
    return known ? [] : [{ property: "host", reason: `unable to parse docker host "${url}"` }];
  },
  configure({ host, sshOpts, registryAuth }) {
    return Promise.resolve({
      client: dockerClient({ host: host as string, sshOptions: (sshOpts as string[] | undefined) ?? [] }),
      credentials: new Map(asCredentials(registryAuth)),
    });
  },
};

function asCredentials(given: Value | undefined): [string, { username: string; password: string }][] {
  const entries = (given ?? []) as { address: string; username?: string; password?: string }[];
  return entries.map(({ address, username = "", password = "" }) => [
    address.replace(/^https?:\/\//, "").replace(/\/.*$/, ""),
    { username, password },
  ]);
}
