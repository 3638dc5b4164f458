import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { AgentChecks } from "./checks";
import type { LogListener } from "./conf";
import type { AgentProxy } from "./environment";

export interface DatadogAgentArgs {
  /** The machine that runs the agent; Docker is installed there if it is missing. */
  readonly host: Host;
  /** Datadog's API key. It is always stored as a secret. */
  readonly apiKey: pulumi.Input<string>;
  /** The ports on which the agent receives logs, one or more. Each has its own name, and its own port and protocol. */
  readonly logs: LogListener[];
  /**
   * Checks that the agent runs. It does not wait for the checked hosts: until they serve, their checks fail.
   *
   * @default none
   */
  readonly checks?: AgentChecks;
  /**
   * The organisation's Datadog site.
   *
   * @default `defaults.site`
   */
  readonly site?: string;
  /**
   * URL of Datadog's API, at which the agent validates its key.
   *
   * @default the site's API
   */
  readonly apiUrl?: string;
  /**
   * URL of the logs intake.
   *
   * @default the site's intake
   */
  readonly logsUrl?: string;
  /**
   * The container's image.
   *
   * @default `defaults.agentImage`
   */
  readonly agentImage?: string;
  /**
   * URLs of mirrors of Docker Hub, for the host's Docker.
   *
   * @default none; Docker's settings are not changed
   */
  readonly registryMirrors?: string[];
  /**
   * Tags of everything that the agent sends, `key:value` each. A listener adds its own tags.
   *
   * @default none
   */
  readonly tags?: string[];
  /**
   * The proxy through which the agent reaches Datadog.
   *
   * @default none
   */
  readonly proxy?: AgentProxy;
  /**
   * Memory limit of the container, in MiB. If the agent exceeds it, the kernel kills it, and Docker starts it again.
   *
   * @default no limit
   */
  readonly agentMemory?: number;
  /**
   * Seconds within which `agent status` must show every listener OK.
   *
   * @default `defaults.listeningSeconds`
   */
  readonly listeningSeconds?: number;
  /**
   * Whether the host does not answer and has never had an agent. Then image, container and the wait for it are skipped,
   * and recorded in the host's session as steps that remain.
   *
   * @default false
   */
  readonly absent?: boolean;
  /**
   * Resources that must exist before the container is created or replaced. A replacement deletes the old container
   * first: if all other steps are done by then, none of them can fail while there is no container.
   *
   * @default none
   */
  readonly after?: pulumi.Resource[];
}

export interface AgentTrustArgs {
  /** The machine that runs the agent. */
  readonly host: Host;
  /** The certificate authority in PEM, e.g. the output of a `ControlPlane`. */
  readonly authority: pulumi.Input<string>;
}
