import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { AgentChecks } from "./checks";
import type { LogListener } from "./conf";
import type { AgentProxy } from "./environment";

export interface DatadogAgentArgs {
  /** The machine that runs the agent; Docker is installed there if it is missing. */
  readonly host: Host;
  /** Datadog's API key. Kept secret, wherever it comes from. */
  readonly apiKey: pulumi.Input<string>;
  /** Where the agent listens for logs; one or more, their names and their ports differ. */
  readonly logs: LogListener[];
  /**
   * What the agent checks. It does not wait for the hosts that it checks: until they serve, a check fails.
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
   * Datadog's API for the agent, where it validates its key.
   *
   * @default the site's own
   */
  readonly apiUrl?: string;
  /**
   * The logs intake: a URL.
   *
   * @default the site's own
   */
  readonly logsUrl?: string;
  /**
   * The container's image.
   *
   * @default `defaults.agentImage`
   */
  readonly agentImage?: string;
  /**
   * Mirrors of Docker Hub for the host's Docker.
   *
   * @default none, its settings stay as they are
   */
  readonly registryMirrors?: string[];
  /**
   * Tags of everything that the agent sends, `key:value` each; a listener's own come besides.
   *
   * @default none
   */
  readonly tags?: string[];
  /**
   * The proxy that leads to Datadog.
   *
   * @default none
   */
  readonly proxy?: AgentProxy;
  /**
   * Most memory of the container, in MiB; beyond it the kernel ends the agent, and Docker starts it again.
   *
   * @default no limit
   */
  readonly agentMemory?: number;
  /**
   * Seconds until the listeners have to be OK.
   *
   * @default `defaults.listeningSeconds`
   */
  readonly listeningSeconds?: number;
  /**
   * The host does not answer, and no agent was ever made there: image, container and the wait for it are left out, and noted
   * in the host's session as still to be done.
   *
   * @default false
   */
  readonly absent?: boolean;
  /**
   * What else has to be done before the container is made. A container that is replaced is deleted first: where nothing else
   * is left to do by then, no failure of another step can leave the host without one.
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
