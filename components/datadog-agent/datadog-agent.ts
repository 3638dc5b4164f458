import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../../host/error";
import type { Host } from "../../host/host";
import { hostScript } from "../../host/script";
import { shellQuote } from "../../host/shell";
import { confPath, type LogListener, renderConf } from "./conf";
import { agentEnvironment, type AgentProxy } from "./environment";
import { dockerOverSsh } from "./ssh";

const script = (file: string) => readFileSync(join(__dirname, file), "utf8");
const scripts = { docker: script("docker.sh"), conf: script("conf.sh"), listening: script("listening.sh") };

/**
 * The folder of the agent's configuration on the host. Its names are those of a hand-made set-up in a home directory;
 * it lies under /opt because a home directory's path is known only to the host, and the mount needs it at preview.
 */
const confD = "/opt/datadog-monitor/datadog-agent/conf.d";

/** The container's name. */
const container = "dd-agent";

export interface DatadogAgentArgs {
  /** The machine that runs the agent; Docker is installed there if it is missing. */
  readonly host: Host;
  /** Datadog's API key. Kept secret, wherever it comes from. */
  readonly apiKey: pulumi.Input<string>;
  /** Where the agent listens for logs; one or more, their names and their ports differ. */
  readonly logs: readonly LogListener[];
  /** The organisation's Datadog site. Default: datadoghq.com. */
  readonly site?: string;
  /** Datadog's API for the agent, where it is not the site's own: there it validates its key. */
  readonly apiUrl?: string;
  /** The logs intake, where it is not the site's own: a URL. */
  readonly logsUrl?: string;
  /** Default: datadog/agent:7. */
  readonly agentImage?: string;
  /** Mirrors of Docker Hub for the host's Docker. Default: none, its settings stay as they are. */
  readonly registryMirrors?: readonly string[];
  /** Tags of everything that the agent sends, `key:value` each; a listener's own come besides. Default: none. */
  readonly tags?: readonly string[];
  /** The proxy that leads to Datadog. Default: none. */
  readonly proxy?: AgentProxy;
  /** Most memory of the container, in MiB; beyond it the kernel ends the agent, and Docker starts it again. Default: no limit. */
  readonly agentMemory?: number;
  /** Seconds until the listeners have to be OK. Default: 120. */
  readonly listeningSeconds?: number;
}

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
 * Done means that `agent status` shows each listener OK; what it shows instead is the error.
 * @throws UserError where there is no listener, where two share a name or a port, or where a name cannot be a folder.
 */
export class DatadogAgent extends pulumi.ComponentResource {
  /** What the agent says once its listeners are OK: where it sends to, and a line for each listener. */
  readonly status: pulumi.Output<string>;
  /** The container, for what has to come after it. */
  readonly container: docker.Container;
  private readonly name: string;
  private readonly args: DatadogAgentArgs;

  constructor(name: string, args: DatadogAgentArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DatadogAgent", name, {}, opts);
    refuseMistakes(name, args.logs);
    this.name = name;
    this.args = args;

    const engine = this.installDocker();
    const conf = this.writeConf(engine);
    // named by the address: on another machine the container is a new one
    const provider = dockerOverSsh(`${name}-${args.host.address}`, args.host, { parent: this, dependsOn: engine });
    const image = this.pullImage(provider, engine);
    this.container = this.runContainer(provider, image, conf);
    const listening = this.waitUntilListening(conf);

    this.status = listening.stdout;
    this.registerOutputs({ status: this.status });
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

  private writeConf(engine: pulumi.Resource) {
    const { host, logs } = this.args;
    const files = logs.map(
      (listener) =>
        `  write_file ${shellQuote(`${confD}/${confPath(listener)}`)} 0644 ${shellQuote(renderConf(listener))}\n`,
    );
    return hostScript(
      `${this.name}-conf`,
      {
        host,
        step: "write the agent's conf.d",
        script: `write_conf_files() {\n${files.join("")}}\n${scripts.conf}`,
        variables: { CONF_D: confD, CONTAINER: container, NAMES: logs.map((listener) => listener.name).join(" ") },
        deletes: true,
        triggers: [host.address],
      },
      { parent: this, dependsOn: engine, deleteBeforeReplace: true },
    );
  }

  private pullImage(provider: docker.Provider, engine: pulumi.Resource): docker.RemoteImage {
    return new docker.RemoteImage(
      `${this.name}-image`,
      { name: this.args.agentImage ?? "datadog/agent:7" },
      { parent: this, provider, dependsOn: engine },
    );
  }

  private runContainer(provider: docker.Provider, image: docker.RemoteImage, conf: pulumi.Resource): docker.Container {
    const { host, apiKey, site = "datadoghq.com", apiUrl, logsUrl, logs, tags, proxy, agentMemory } = this.args;
    const hostname = host.name;
    const envs = pulumi
      .secret(apiKey)
      .apply((key) => agentEnvironment({ apiKey: key, site, apiUrl, logsUrl, container, hostname, tags, proxy }));
    const readOnly = (hostPath: string, containerPath: string) => ({ hostPath, containerPath, readOnly: true });
    return new docker.Container(
      `${this.name}-container`,
      {
        name: container,
        image: image.imageId,
        envs,
        volumes: [
          readOnly("/var/run/docker.sock", "/var/run/docker.sock"),
          readOnly("/proc/", "/host/proc/"),
          readOnly("/sys/fs/cgroup/", "/host/sys/fs/cgroup"),
          readOnly(confD, "/conf.d"),
        ],
        ports: logs.map(({ type, port }) => ({ internal: port, external: port, protocol: type })),
        restart: "always",
        memory: agentMemory,
      },
      {
        parent: this,
        provider,
        dependsOn: conf,
        additionalSecretOutputs: ["envs"],
        // its name and its ports can be held by one container only
        deleteBeforeReplace: true,
        // Docker takes no new limit above the swap that came with the old one
        replaceOnChanges: ["memory"],
      },
    );
  }

  private waitUntilListening(conf: pulumi.Resource) {
    const { host, logs, apiKey, site = "datadoghq.com", listeningSeconds = 120 } = this.args;
    return hostScript(
      `${this.name}-listening`,
      {
        host,
        step: "wait until the agent listens",
        script: scripts.listening,
        variables: {
          CONTAINER: container,
          LISTENERS: logs.map(({ name, type, port }) => `${name} ${type} ${port}`).join("\n"),
          SECONDS_TO_WAIT: String(listeningSeconds),
          SITE: site,
          // another conf.d restarts the agent: it is waited for anew
          CONF_DIGEST: digestOf(logs.map(renderConf)),
        },
        secrets: { DD_API_KEY: apiKey },
        timeoutSeconds: listeningSeconds + 60,
        lock: false,
        triggers: [this.container.id],
      },
      { parent: this, dependsOn: [this.container, conf] },
    );
  }
}

function digestOf(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\0")).digest("hex").slice(0, 16);
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
