import type Docker from "dockerode";
import type { ResourceType } from "../protocol/resource";
import type { Properties } from "../protocol/value";
import { imageInputs } from "./inputs";

/** What the image's resource and the container's share: a daemon's client and a registry's credentials by its name. */
export interface DockerConfiguration {
  readonly client: Docker;
  readonly credentials: ReadonlyMap<string, { username: string; password: string }>;
}

/** `docker:index/remoteImage:RemoteImage`: an image on the daemon, pulled where it is not there. */
export const remoteImage: ResourceType<DockerConfiguration> = {
  inputs: imageInputs,
  outputs: { imageId: "stable", repoDigest: "stable" },
  async create(inputs, { configuration, progress }) {
    const { name, platform } = asImage(inputs);
    const image = await findOrPull(configuration, name, platform, progress);
    return { id: image.Id + name, outputs: { ...inputs, ...identity(image, name) } };
  },
  async read(_id, state, inputs, { configuration: { client } }) {
    const { name } = asImage(state);
    const image = await findLocally(client, name);
    return image === undefined ? undefined : { outputs: { ...state, ...identity(image, name) }, inputs };
  },
  async update(_id, _state, inputs, { configuration, progress }) {
    const { name, platform } = asImage(inputs);
    return { ...inputs, ...identity(await findOrPull(configuration, name, platform, progress), name) };
  },
  async delete(_id, state, { configuration: { client } }) {
    const { name } = asImage(state);
    if (state["keepLocally"] === true || (await findLocally(client, name)) === undefined) {
      return;
    }
    await client
      .getImage(name)
      .remove({ force: state["forceRemove"] === true })
      .catch((error: unknown) => {
        throw new Error(`Unable to remove Docker image: ${daemonSays(error)}`);
      });
  },
};

const asImage = (properties: Properties) => properties as { name: string; platform?: string };

function identity(image: Docker.ImageInspectInfo, name: string): Properties {
  const repository = name.replace(/[:@][^/]*$/, "");
  const digests = (image.RepoDigests as string[] | null) ?? [];
  return {
    imageId: image.Id,
    repoDigest: digests.find((digest) => digest.startsWith(`${repository}@`)) ?? digests[0] ?? "",
  };
}

async function findLocally(client: Docker, name: string): Promise<Docker.ImageInspectInfo | undefined> {
  return client
    .getImage(name)
    .inspect()
    .catch((error: unknown) => {
      if (statusOf(error) === 404) {
        return undefined;
      }
      throw new Error(`error looking up local image "${name}": ${daemonSays(error)}`);
    });
}

interface PullEvent {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
}

/** The image as the daemon has it, pulled first where it has it not. */
export async function findOrPull(
  { client, credentials }: DockerConfiguration,
  name: string,
  platform: string | undefined,
  progress: (line: string) => void,
): Promise<Docker.ImageInspectInfo> {
  const local = await findLocally(client, name);
  if (local !== undefined) {
    return local;
  }
  const authconfig = credentials.get(registryOf(name));
  try {
    const options = {
      ...(platform === undefined ? {} : { platform }),
      ...(authconfig === undefined ? {} : { authconfig }),
    };
    const pulling = await client.pull(tagged(name), options);
    const events = await new Promise<PullEvent[]>((resolve, reject) => {
      client.modem.followProgress(
        pulling,
        (error, all: PullEvent[]) => (error === null ? resolve(all) : reject(error)),
        ({ id, status }: PullEvent) => progress([id, status].filter(Boolean).join(": ")),
      );
    });
    // A pull that fails does so in an answer that began well.
    const failure = events.find((event) => event.error !== undefined);
    if (failure !== undefined) {
      throw new Error(failure.error);
    }
  } catch (error) {
    throw new Error(`unable to pull image ${name}: ${daemonSays(error)}`, { cause: error });
  }
  const pulled = await findLocally(client, name);
  if (pulled === undefined) {
    throw new Error(`unable to find or pull image ${name}`);
  }
  return pulled;
}

/** Without a tag or digest a pull would take every tag. */
function tagged(name: string): string {
  return /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
}

function registryOf(name: string): string {
  const first = name.split("/")[0] ?? "";
  return name.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : "registry-1.docker.io";
}

/** The daemon's own message, without the client's frame around it. */
export function daemonSays(error: unknown): string {
  const { json, message } = error as Error & { json?: unknown };
  const said = typeof json === "object" && json !== null ? (json as { message?: unknown }).message : undefined;
  return typeof said === "string" ? said : message;
}

/** The status that the daemon answered with, where it answered. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}
