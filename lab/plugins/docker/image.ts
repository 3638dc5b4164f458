import { failed, unlessGone } from "../protocol/refusal";
import type { ResourceType } from "../protocol/resource";
import { required, text } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import type { Daemon } from "./daemon";

/** `docker:index/remoteImage:RemoteImage`: an image in the daemon, pulled if it is missing. */
export const remoteImage: ResourceType<Daemon> = {
  inputs: { name: { ...required(text), replaces: true } },
  async create(inputs, { configuration: daemon, progress }) {
    const name = nameOf(inputs);
    const imageId = (await find(daemon, name)) ?? (await pull(daemon, name, progress));
    return { id: `${imageId}${name}`, outputs: { ...inputs, imageId } };
  },
  async read(_id, state, inputs, { configuration: daemon }) {
    const imageId = await find(daemon, nameOf(state));
    return imageId === undefined ? undefined : { outputs: { ...state, imageId }, inputs };
  },
  async delete(_id, state, { configuration: daemon }) {
    await daemon.send("DELETE", `/images/${nameOf(state)}`).catch(unlessGone("Unable to remove Docker image"));
  },
};

function nameOf({ name }: Properties): string {
  return name as string;
}

async function find(daemon: Daemon, name: string): Promise<string | undefined> {
  const found = await daemon
    .send("GET", `/images/${name}/json`)
    .catch(unlessGone(`error looking up local image "${name}"`));
  return found?.["Id"] as string | undefined;
}

async function pull(daemon: Daemon, name: string, progress: (line: string) => void): Promise<string> {
  // Without a tag or digest, Docker would pull all tags.
  const tagged = /[:@][^/]*$/.test(name) ? name : `${name}:latest`;
  const show = ({ id = "", status = "", error }: Properties) => {
    // The response to a failed pull has status 200 and an error in its lines.
    if (typeof error === "string") {
      throw new Error(error);
    }
    progress(`${id as string} ${status as string}`.trim());
  };
  await daemon
    .send("POST", `/images/create?fromImage=${encodeURIComponent(tagged)}`, undefined, show)
    .catch(failed(`unable to pull image ${name}`));
  return (
    (await find(daemon, name)) ??
    failed(`unable to find or pull image ${name}`)(new Error("the daemon does not have it after the pull"))
  );
}
