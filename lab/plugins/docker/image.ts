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
    const name = String(inputs["name"]);
    const platform = inputs["platform"] === undefined ? undefined : String(inputs["platform"]);
    const image = await findOrPull(configuration, name, platform, progress);
    return { id: image.Id + name, outputs: { ...inputs, ...identity(image, name) } };
  },
  async read(_id, state, inputs, { configuration: { client } }) {
    const name = String(state["name"]);
    const image = await findLocally(client, name);
    return image === undefined ? undefined : { outputs: { ...state, ...identity(image, name) }, inputs };
  },
  async update(_id, state, inputs, { configuration: { client } }) {
    const name = String(inputs["name"]);
    const image = await findLocally(client, name);
    return { ...inputs, ...(image === undefined ? {} : identity(image, name)), ...keepIdentity(state, image) };
  },
  async delete(_id, state, { configuration: { client } }) {
    const name = String(state["name"]);
    if (state["keepLocally"] === true || (await findLocally(client, name)) === undefined) {
      return;
    }
    await client
      .getImage(name)
      .remove({ force: state["forceRemove"] === true })
      .catch((error: Error) => {
        throw new Error(`Unable to remove Docker image: ${daemonSays(error)}`);
      });
  },
};

function keepIdentity(state: Properties, image: Docker.ImageInspectInfo | undefined): Properties {
  return image === undefined ? { imageId: state["imageId"] ?? "", repoDigest: state["repoDigest"] ?? "" } : {};
}

function identity(image: Docker.ImageInspectInfo, name: string): Properties {
  const repository = name.replace(/[:@][^/]*$/, "");
  const digests = image.RepoDigests ?? [];
  return {
    imageId: image.Id,
    repoDigest: digests.find((digest) => digest.startsWith(`${repository}@`)) ?? digests[0] ?? "",
  };
}

async function findLocally(client: Docker, name: string): Promise<Docker.ImageInspectInfo | undefined> {
  return client
    .getImage(name)
    .inspect()
    .catch((error: Error & { statusCode?: number }) => {
      if (error.statusCode === 404) {
        return undefined;
      }
      throw new Error(`error looking up local image "${name}": ${daemonSays(error)}`);
    });
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
    const pulling = (await client.pull(tagged(name), options)) as NodeJS.ReadableStream;
    await new Promise<void>((resolve, reject) => {
      client.modem.followProgress(
        pulling,
        (error) => (error === null ? resolve() : reject(error)),
        (event: { status?: string; id?: string }) => progress([event.id, event.status].filter(Boolean).join(": ")),
      );
    });
  } catch (error) {
    throw new Error(`unable to pull image ${name}: ${daemonSays(error as Error)}`);
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
export function daemonSays(error: Error & { json?: unknown }): string {
  const { json } = error;
  const said = typeof json === "object" && json !== null ? (json as { message?: unknown }).message : undefined;
  return typeof said === "string" ? said : error.message;
}
