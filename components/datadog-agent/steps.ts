import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { digestOf } from "../../host/digest";
import { type HostState, readHost } from "../../host/host-state";
import { acrossHostsScript, hookScript, hostScript } from "../../host/script";
import { sessionOf } from "../../host/session";
import { shellQuote } from "../../host/shell";
import type { DatadogAgentArgs } from "./args";
import { checkFiles, type ConfFile, type KnownChecks, usedChecks } from "./checks";
import { confPath, type Listener, renderConf } from "./conf";
import { confD, containerInputs, containerName, environmentOf } from "./container";
import { defaults } from "./defaults";
import { renderFilter } from "./filter";
import { dockerOverSsh } from "./ssh";

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");
const scripts = {
  docker: script("docker.sh"),
  conf: ["filter.sh", "restart.sh", "conf.sh"].map(script).join("\n"),
  listening: script("listening.sh"),
  container: script("container.sh"),
  removal: ["filter.sh", "container.sh", "removal.sh"].map(script).join("\n"),
};

/** The steps of an agent on its host, each a child of the component. */
export class AgentSteps {
  /**
   * Part of the names of resources, so that another machine gets new resources: the host's address, or the host's name
   * if the address is an output, which cannot be part of a name.
   */
  private readonly place: string;
  private readonly listeners: pulumi.Output<Listener[]>;
  private readonly checks: pulumi.Output<ConfFile[]>;

  constructor(
    private readonly parent: pulumi.ComponentResource,
    private readonly name: string,
    private readonly args: DatadogAgentArgs,
  ) {
    const { host, logs, checks = {} } = args;
    this.place = typeof host.address === "string" ? host.address : host.name;
    this.listeners = pulumi.output(logs);
    this.checks = pulumi.output(checks).apply((known) => checkFiles(known as KnownChecks));
  }

  /** Created before the host is changed, so that a deletion also cleans up after a failed run. */
  removeWhenDeleted() {
    const { host } = this.args;
    return acrossHostsScript(
      `${this.name}-removal-${this.place}`,
      {
        about: host.name,
        hosts: [host],
        step: "remove the agent",
        script: scripts.removal,
        variables: { MONITOR: host.name, CONTAINER: containerName, IMAGE: this.image, CONF_D: confD },
        deletes: true,
        timeoutSeconds: 800,
      },
      { parent: this.parent },
    );
  }

  /** Registers the checks of the host. Call it before the steps that correct the differences. */
  readBack(): HostState {
    const { host, registryMirrors = [] } = this.args;
    const listening = {
      script: scripts.listening,
      variables: { CONTAINER: containerName, LISTENERS: this.listenerLines },
      secrets: { ENVIRONMENT: environmentOf(this.args).apply((lines) => lines.join("\n")) },
    };
    const checks = [
      {
        what: "Docker",
        script: scripts.docker,
        variables: { LOGIN: host.ssh.user, MIRRORS: registryMirrors.join(" ") },
      },
      { what: "conf.d", ...this.conf },
      ...(this.args.absent === true ? [] : [{ what: "agent", ...listening }]),
    ];
    return readHost(`${this.name}-state`, host, checks, { parent: this.parent });
  }

  installDocker() {
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
      { parent: this.parent },
    );
  }

  writeConf(engine: pulumi.Resource, removal: pulumi.Resource) {
    const { host } = this.args;
    return hostScript(
      `${this.name}-conf`,
      {
        host,
        step: "write the agent's conf.d",
        ...this.conf,
        triggers: [host.address],
      },
      // In a state of a version before 0.2, deleting this step would connect to the host to delete the configuration.
      // With deletedWith, the engine does not run that deletion if the removal is deleted too.
      { parent: this.parent, dependsOn: [engine, removal], deletedWith: removal },
    );
  }

  private get conf() {
    const { logs, checks } = this.args;
    return {
      script: pulumi
        .all([this.listeners, this.checks])
        .apply(([listeners, checked]) => `${writeConfFiles([...listenerFiles(listeners), ...checked])}${scripts.conf}`),
      variables: {
        CONF_D: confD,
        CONTAINER: containerName,
        NAMES: [...logs.map((listener) => listener.name), ...usedChecks(checks)].join(" "),
        FILTER: this.listeners.apply(renderFilter),
      },
    };
  }

  private get listenerLines(): string {
    return this.args.logs.map(({ name, type, port }) => `${name} ${type} ${port}`).join("\n");
  }

  dockerProvider(engine: pulumi.Resource): docker.Provider {
    const name = `${this.name}-${this.place}`;
    return dockerOverSsh(name, this.args.host, { parent: this.parent, dependsOn: engine });
  }

  pullImage(provider: docker.Provider, engine: pulumi.Resource, removal: pulumi.Resource): docker.RemoteImage {
    const { name, inputs, former } = this.imageResource();
    const opts = this.inSession({
      parent: this.parent,
      provider,
      dependsOn: engine,
      deletedWith: removal,
      aliases: [{ name: former }],
    });
    const image = new docker.RemoteImage(name, inputs, opts);
    sessionOf(this.args.host).record(image, name, inputs);
    return image;
  }

  runContainer(
    provider: docker.Provider,
    image: docker.RemoteImage,
    conf: pulumi.Resource,
    removal: pulumi.Resource,
  ): docker.Container {
    const { name, inputs, former } = this.containerResource(image.imageId);
    const opts = this.inSession({
      parent: this.parent,
      provider,
      dependsOn: [conf, ...(this.args.after ?? [])],
      additionalSecretOutputs: ["envs"],
      // two containers cannot have the same name or the same ports
      deleteBeforeReplace: true,
      // Docker refuses to raise the limit of a container above the swap limit that the old one set
      replaceOnChanges: ["memory"],
      hooks: { beforeCreate: [this.removeUnnoted()] },
      deletedWith: removal,
      aliases: [{ name: former }],
    });
    const made = new docker.Container(name, inputs, opts);
    sessionOf(this.args.host).record(made, name, inputs);
    return made;
  }

  /**
   * The engine creates the container only if the state has none. If one exists nevertheless, an `up` was killed or the
   * state was lost, and Docker refuses a second container with the same name. It is removed and not imported: the
   * docker provider does not read environment, mounts and ports, and would replace an imported container at the next
   * `up`.
   */
  private removeUnnoted() {
    return hookScript({
      host: this.args.host,
      step: "remove a container of the agent that the state does not note",
      script: `${scripts.container}\ncreate() { remove_container; }\n`,
      variables: { CONTAINER: containerName, CONF_D: confD },
    });
  }

  /** Options with which resources on a host that does not answer stay unchanged. */
  private inSession(opts: pulumi.CustomResourceOptions): pulumi.CustomResourceOptions {
    return sessionOf(this.args.host).options(opts);
  }

  /** The texts of the files. A change restarts the agent. */
  private get confs(): pulumi.Output<string[]> {
    return pulumi
      .all([this.listeners, this.checks])
      .apply(([listeners, checked]) => [...listeners.map(renderConf), ...checked.map(({ text }) => text)]);
  }

  private get image(): string {
    return this.args.agentImage ?? defaults.agentImage;
  }

  /** `former` is the name in versions before 0.2, which did not contain the address. */
  private imageResource() {
    const former = `${this.name}-image`;
    return { name: `${former}-${this.place}`, former, inputs: { name: this.image } };
  }

  private containerResource(image: pulumi.Input<string>) {
    const former = `${this.name}-container`;
    return { name: `${former}-${this.place}`, former, inputs: containerInputs(this.args, image) };
  }

  private get listeningName(): string {
    return `${this.name}-listening`;
  }

  noteWhatIsLeftOut(): void {
    const session = sessionOf(this.args.host);
    for (const { name, inputs } of [this.imageResource(), this.containerResource(this.image)]) {
      session.record(this.parent, name, inputs);
    }
    session.record(this.parent, this.listeningName, { logs: this.confs });
  }

  waitUntilListening(made: docker.Container, conf: pulumi.Resource) {
    const { host, apiKey, site = defaults.site, listeningSeconds = defaults.listeningSeconds } = this.args;
    return hostScript(
      this.listeningName,
      {
        host,
        step: "wait until the agent listens",
        script: scripts.listening,
        variables: {
          CONTAINER: containerName,
          LISTENERS: this.listenerLines,
          SECONDS_TO_WAIT: String(listeningSeconds),
          SITE: site,
          // a changed conf.d restarts the agent, so the step must run again
          CONF_DIGEST: this.confs.apply(digestOf),
        },
        secrets: { DD_API_KEY: apiKey },
        timeoutSeconds: listeningSeconds + 60,
        lock: false,
        triggers: [made.id],
      },
      { parent: this.parent, dependsOn: [made, conf] },
    );
  }
}

function listenerFiles(listeners: readonly Listener[]): ConfFile[] {
  return listeners.map((listener) => ({ path: confPath(listener), text: renderConf(listener) }));
}

/** Renders a bash function that writes the filter first, then the files: no listener may be open without it. */
function writeConfFiles(files: readonly ConfFile[]): string {
  const calls = files.map(({ path, text }) => `  write_conf ${shellQuote(`${confD}/${path}`)} ${shellQuote(text)}\n`);
  return `write_conf_files() {\n  write_filter "$FILTER"\n${calls.join("")}}\n`;
}
