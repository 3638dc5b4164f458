import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../../host/digest";
import { UserError } from "../../host/error";
import { acrossHostsScript, hookScript, hostScript, outputOf } from "../../host/script";
import { shellQuote } from "../../host/shell";
import type { DatadogAgentArgs } from "./args";
import { confPath, type LogListener, renderConf } from "./conf";
import { confD, containerInputs, containerName } from "./container";
import { defaults } from "./defaults";
import { renderFilter } from "./filter";
import { dockerOverSsh } from "./ssh";

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");
const scripts = {
  docker: script("docker.sh"),
  conf: `${script("filter.sh")}\n${script("conf.sh")}`,
  listening: script("listening.sh"),
  container: script("container.sh"),
  removal: ["filter.sh", "container.sh", "removal.sh"].map(script).join("\n"),
};

/**
 * The Datadog agent as a container on a host, collecting the logs that arrive at its listeners.
 *
 * ```ts
 * const agent = new DatadogAgent("dd-agent", {
 *   host: settings.monitor,
 *   apiKey: settings.datadog.apiKey,
 *   logs: [{ name: "qnap", type: "udp", port: 15141, service: "qnap-nas", source: "qnap", tags: ["env:prod"] }],
 * });
 * ```
 *
 * Done means that `agent status` shows each listener OK; what it shows instead is the error. A host that does not answer is
 * left as it is, and its steps are noted in its session; a deletion removes the agent where the host answers.
 * @throws UserError where there is no listener, where two share a name or a port, or where a name cannot be a folder.
 */
export class DatadogAgent extends pulumi.ComponentResource {
  /** What the agent says once its listeners are OK: where it sends to, and a line for each listener. */
  readonly status: pulumi.Output<string>;
  /** The container, for what has to come after it; undefined where it is {@link DatadogAgentArgs.absent}. */
  readonly container: docker.Container | undefined;
  private readonly name: string;
  private readonly args: DatadogAgentArgs;

  constructor(name: string, args: DatadogAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogAgent", name, {}, opts);
    refuseMistakes(name, args.logs);
    this.name = name;
    this.args = args;

    const removal = this.removeWhenDeleted();
    const engine = this.installDocker();
    const conf = this.writeConf(engine, removal);
    if (args.absent) {
      this.container = undefined;
      this.status = pulumi.output("");
      this.noteWhatIsLeftOut();
    } else {
      // named by the address, as image and container are: on another machine they are new ones
      const provider = dockerOverSsh(`${name}-${args.host.address}`, args.host, { parent: this, dependsOn: engine });
      const image = this.pullImage(provider, engine, removal);
      this.container = this.runContainer(provider, image, conf, removal);
      this.status = outputOf(this.waitUntilListening(this.container, conf));
    }
    this.registerOutputs({ status: this.status });
  }

  /** It comes before anything is done on the host, so that what a failed run has left is removed as well. */
  private removeWhenDeleted() {
    const { host } = this.args;
    return acrossHostsScript(
      `${this.name}-removal-${host.address}`,
      {
        about: host.name,
        hosts: [host],
        step: "remove the agent",
        script: scripts.removal,
        variables: { MONITOR: host.name, CONTAINER: containerName, IMAGE: this.image, CONF_D: confD },
        deletes: true,
        timeoutSeconds: 800,
      },
      { parent: this },
    );
  }

  private installDocker() {
    const { host, registryMirrors = [] } = this.args;
    const daemon = registryMirrors.length === 0 ? {} : { "registry-mirrors": registryMirrors };
    return hostScript(
      `${this.name}-docker`,
      {
        host,
        step: "install Docker",
        script: scripts.docker,
        variables: { LOGIN: host.ssh.user, DAEMON_JSON: JSON.stringify(daemon, null, 2) },
        patience: "boot",
        triggers: [host.address],
      },
      { parent: this },
    );
  }

  private writeConf(engine: pulumi.Resource, removal: pulumi.Resource) {
    const { host, logs } = this.args;
    const files = logs.map(
      (listener) =>
        `  write_conf ${shellQuote(`${confD}/${confPath(listener)}`)} ${shellQuote(renderConf(listener))}\n`,
    );
    return hostScript(
      `${this.name}-conf`,
      {
        host,
        step: "write the agent's conf.d",
        // no line may come through before the filter is there
        script: `write_conf_files() {\n  write_filter "$FILTER"\n${files.join("")}}\n${scripts.conf}`,
        variables: {
          CONF_D: confD,
          CONTAINER: containerName,
          NAMES: logs.map((listener) => listener.name).join(" "),
          FILTER: renderFilter(logs),
        },
        triggers: [host.address],
      },
      // The step of a version before 0.2 deletes the configuration by itself. Deleted with the removal, and after its
      // replacement on another host was made, it dials nobody.
      { parent: this, dependsOn: [engine, removal], deletedWith: removal },
    );
  }

  private pullImage(provider: docker.Provider, engine: pulumi.Resource, removal: pulumi.Resource): docker.RemoteImage {
    const { name, inputs, former } = this.imageResource();
    const opts = this.inSession({
      parent: this,
      provider,
      dependsOn: engine,
      deletedWith: removal,
      aliases: [{ name: former }],
    });
    const image = new docker.RemoteImage(name, inputs, opts);
    this.args.host.session?.record(image, name, inputs);
    return image;
  }

  private runContainer(
    provider: docker.Provider,
    image: docker.RemoteImage,
    conf: pulumi.Resource,
    removal: pulumi.Resource,
  ): docker.Container {
    const { name, inputs, former } = this.containerResource(image.imageId);
    const opts = this.inSession({
      parent: this,
      provider,
      dependsOn: [conf, ...(this.args.after ?? [])],
      additionalSecretOutputs: ["envs"],
      // its name and its ports can be held by one container only
      deleteBeforeReplace: true,
      // Docker takes no new limit above the swap that came with the old one
      replaceOnChanges: ["memory"],
      hooks: { beforeCreate: [this.removeUnnoted()] },
      deletedWith: removal,
      aliases: [{ name: former }],
    });
    const made = new docker.Container(name, inputs, opts);
    this.args.host.session?.record(made, name, inputs);
    return made;
  }

  /**
   * Where the engine makes the container, the state notes none: one that is there already is of an `up` that was killed, or of a
   * state that was lost, and Docker refuses a second one of its name. It is removed, and not imported: the official provider does
   * not read environment, mounts and ports back, and would replace an imported container at the next `up`.
   */
  private removeUnnoted() {
    return hookScript({
      host: this.args.host,
      step: "remove a container of the agent that the state does not note",
      script: `${scripts.container}\ncreate() { remove_container; }\n`,
      variables: { CONTAINER: containerName, CONF_D: confD },
    });
  }

  /** A host that does not answer keeps what it has. */
  private inSession(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return this.args.host.session?.options(opts) ?? opts;
  }

  private get image(): string {
    return this.args.agentImage ?? defaults.agentImage;
  }

  /** Versions before 0.2 had one name for all addresses. */
  private imageResource() {
    const former = `${this.name}-image`;
    return { name: `${former}-${this.args.host.address}`, former, inputs: { name: this.image } };
  }

  private containerResource(image: pulumi.Input<string>) {
    const former = `${this.name}-container`;
    return { name: `${former}-${this.args.host.address}`, former, inputs: containerInputs(this.args, image) };
  }

  private get listeningName(): string {
    return `${this.name}-listening`;
  }

  private noteWhatIsLeftOut(): void {
    const { session } = this.args.host;
    for (const { name, inputs } of [this.imageResource(), this.containerResource(this.image)]) {
      session?.record(this, name, inputs);
    }
    session?.record(this, this.listeningName, { logs: this.args.logs.map(renderConf) });
  }

  private waitUntilListening(made: docker.Container, conf: pulumi.Resource) {
    const { host, logs, apiKey, site = defaults.site, listeningSeconds = defaults.listeningSeconds } = this.args;
    return hostScript(
      this.listeningName,
      {
        host,
        step: "wait until the agent listens",
        script: scripts.listening,
        variables: {
          CONTAINER: containerName,
          LISTENERS: logs.map(({ name, type, port }) => `${name} ${type} ${port}`).join("\n"),
          SECONDS_TO_WAIT: String(listeningSeconds),
          SITE: site,
          // another conf.d restarts the agent: it is waited for anew
          CONF_DIGEST: digestOf(logs.map(renderConf)),
        },
        secrets: { DD_API_KEY: apiKey },
        timeoutSeconds: listeningSeconds + 60,
        lock: false,
        triggers: [made.id],
      },
      { parent: this, dependsOn: [made, conf] },
    );
  }
}

function refuseMistakes(name: string, logs: readonly LogListener[]): void {
  const where = `${name}.logs`;
  if (logs.length === 0) {
    throw new UserError("has no listener", where, "List one or more: name, type, port, service, source.");
  }
  for (const listener of logs) {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(listener.name)) {
      throw new UserError(
        `cannot name a listener ${JSON.stringify(listener.name)}`,
        where,
        "Give letters, digits, _ and -.",
      );
    }
    if (!Number.isInteger(listener.port) || listener.port < 1 || listener.port > 65535) {
      throw new UserError(
        `gives ${listener.name} the port ${listener.port}`,
        where,
        "Give a whole number, 1 to 65535.",
      );
    }
  }
  refuseTwice(
    where,
    "the name",
    logs.map((listener) => listener.name),
  );
  refuseTwice(
    where,
    "the port",
    logs.map(({ type, port }) => `${port}/${type}`),
  );
}

function refuseTwice(where: string, what: string, values: readonly string[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) {
    throw new UserError(`uses ${what} ${twice} twice`, where, "Give each listener its own.");
  }
}
