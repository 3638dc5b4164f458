import { failed, unlessGone } from "../protocol/refusal";
import { InitFailed, type ResourceType } from "../protocol/resource";
import { choice, flag, number, list, record, required, text, type Field } from "../protocol/schema";
import type { Properties } from "../protocol/value";
import type { Daemon } from "./daemon";

const replacing = (field: Field): Field => ({ ...field, replaces: true });
const anyOrder = (field: Field): Field => ({ ...field, replaces: true, unordered: true });

/** The inputs, already checked against the schema. */
interface Container {
  readonly name: string;
  readonly image: string;
  readonly envs: string[];
  readonly volumes: readonly { hostPath: string; containerPath: string; readOnly: boolean }[];
  readonly ports: readonly { internal: number; external: number; protocol: string }[];
  readonly restart: string;
  /**
   * Mebibytes.
   *
   * @default no limit
   */
  readonly memory?: number;
}

/** `docker:index/container:Container`, with the properties that the agent's container uses. */
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
    // A stopped container is a difference: an update starts it.
    mustRun: { ...flag, fallback: true },
  },
  // The name is fixed, and two containers cannot share it.
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
  /** Starts the container. Any other change replaces it. */
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

/** The body of the request that creates the container. */
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
