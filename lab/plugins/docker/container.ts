import { failed, unlessGone } from "../protocol/refusal";
import { InitFailed, type ResourceType } from "../protocol/resource";
import { choice, flag, number, list, record, required, text, type Field } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import type { Daemon } from "./daemon";

const replacing = (field: Field): Field => ({ ...field, replaces: true });
const anyOrder = (field: Field): Field => ({ ...field, replaces: true, unordered: true });

/** The inputs as the schema has checked them. */
interface Container {
  readonly name: string;
  readonly image: string;
  readonly envs: string[];
  readonly volumes: readonly { hostPath: string; containerPath: string; readOnly: boolean }[];
  readonly ports: readonly { internal: number; external: number; protocol: string }[];
  readonly restart: string;
  /** Megabytes. Default: no limit. */
  readonly memory?: number;
}

/** `docker:index/container:Container`, with the properties that the agent's container has. */
export const container: ResourceType<Daemon> = {
  inputs: {
    name: replacing(required(text)),
    image: replacing(required(text)),
    envs: anyOrder(required(list(text))),
    volumes: anyOrder(
      required(list(record({ hostPath: required(text), containerPath: required(text), readOnly: required(flag) }))),
    ),
    ports: replacing(
      required(
        list(
          record({
            internal: required(number),
            external: required(number),
            protocol: required(choice("udp", "tcp")),
          }),
        ),
      ),
    ),
    restart: replacing(required(choice("always"))),
    memory: replacing(number),
    // A container that should run and does not is a difference that an update mends.
    mustRun: { ...flag, fallback: true },
  },
  // Names are given, never made up, and two containers cannot have one.
  deleteBeforeReplace: true,
  async create(inputs, { configuration: daemon }) {
    const given = inputs as unknown as Container;
    const { Id: id } = (await daemon
      .send("POST", `/containers/create?name=${encodeURIComponent(given.name)}`, createBody(given))
      .catch(failed("Unable to create container"))) as { Id: string };
    try {
      await start(daemon, id);
    } catch (error) {
      throw new InitFailed(id, inputs, [(error as Error).message]);
    }
    return { id, outputs: inputs };
  },
  async read(id, state, inputs, { configuration: daemon }) {
    const found = await daemon
      .send("GET", `/containers/${id}/json`)
      .catch(unlessGone(`error inspecting container ${id}`));
    if (found === undefined) {
      return undefined;
    }
    const { Running: mustRun = false } = found["State"] as Properties;
    return { outputs: { ...state, mustRun }, inputs };
  },
  /** Only whether it runs is changed where it stands; one that could not be started at first is started again. */
  async update(id, _state, inputs, { configuration: daemon }) {
    await start(daemon, id);
    return inputs;
  },
  async delete(id, _state, { configuration: daemon }) {
    await daemon
      .send("DELETE", `/containers/${id}?force=true&v=true`)
      .catch(unlessGone(`Error deleting container ${id}`));
  },
};

async function start(daemon: Daemon, id: string): Promise<void> {
  await daemon.send("POST", `/containers/${id}/start`).catch(failed("Unable to start container"));
}

/** What the daemon is asked to create. */
function createBody({ image, envs, volumes, ports, restart, memory = 0 }: Container): object {
  const ofPorts = <T>(value: (external: number) => T) =>
    Object.fromEntries(ports.map(({ internal, external, protocol }) => [`${internal}/${protocol}`, value(external)]));
  return {
    Image: image,
    Env: envs,
    ExposedPorts: ofPorts(() => ({})),
    HostConfig: {
      Binds: volumes.map(
        ({ hostPath, containerPath, readOnly }) => `${hostPath}:${containerPath}:${readOnly ? "ro" : "rw"}`,
      ),
      PortBindings: ofPorts((external) => [{ HostIp: "0.0.0.0", HostPort: String(external) }]),
      RestartPolicy: { Name: restart },
      Memory: memory * 1024 * 1024,
    },
  };
}
