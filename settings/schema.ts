import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { CompleteRepository } from "../components/control-plane";
import type { DialledHost } from "../host/host";
import { datadog } from "./sections/datadog";
import { type cloudflare, endpoint, type rfc2136 } from "./sections/endpoint";
import { kubernetes } from "./sections/kubernetes";
import { haproxy, virtualIp } from "./sections/load-balancing";
import { loadBalancers, masters, monitor, workers } from "./sections/machines";
import { nas } from "./sections/nas";
import { secrets } from "./sections/secrets";
import { ssh } from "./sections/ssh";

/**
 * Every setting of a stack by itself, in the order of docs/settings.md: what it means, its default, and what is wrong with a
 * value. What several settings get wrong together is checked in checks.ts.
 */
export const stackShape = z.strictObject({
  endpoint,
  ssh,
  masters,
  workers,
  loadBalancers,
  virtualIp,
  haproxy,
  kubernetes,
  monitor,
  datadog,
  nas,
  ...secrets,
});

export type StackConfiguration = z.output<typeof stackShape>;

type Endpoint = Omit<StackConfiguration["endpoint"], "provider" | "cloudflare" | "rfc2136">;

export interface CloudflareSettings extends z.output<typeof cloudflare> {
  readonly apiToken: pulumi.Output<string>;
}

export interface Rfc2136Settings extends z.output<typeof rfc2136> {
  /** The TSIG key's secret, base64. */
  readonly secret: pulumi.Output<string>;
}

export interface EndpointSettings extends Endpoint {
  /** Set where Cloudflare serves the zone; exactly one of the two is set. */
  readonly cloudflare?: CloudflareSettings;
  /** Set where a name server takes RFC 2136 updates. */
  readonly rfc2136?: Rfc2136Settings;
}

export interface LoadBalancer extends DialledHost {
  readonly priority: number;
}

export interface VirtualIpSettings extends Readonly<StackConfiguration["virtualIp"]> {
  /** Set with VRRP version 2 only. */
  readonly password?: pulumi.Output<string>;
}

export interface KubernetesSettings extends Omit<StackConfiguration["kubernetes"], "repository" | "cni"> {
  readonly repository: CompleteRepository;
  /** `manifest` is an absolute path, set where `name` is `manifest`. */
  readonly cni: { readonly name: "flannel" | "none" | "manifest"; readonly manifest?: string };
}

/** A file with a pipeline and its tests. */
export interface PipelineFileSettings {
  /** Names the resources: the file's name without its ending. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The path as the configuration has it. */
  readonly given: string;
}

export interface DatadogSettings extends Omit<StackConfiguration["datadog"], "pipelines"> {
  readonly pipelines: readonly PipelineFileSettings[];
  readonly apiKey: pulumi.Output<string>;
  readonly appKey: pulumi.Output<string>;
}

/** A stack's configuration without mistakes, with its defaults. */
export interface Settings {
  readonly endpoint: EndpointSettings;
  /** One or more, an odd number. */
  readonly masters: [DialledHost, ...DialledHost[]];
  readonly workers: DialledHost[];
  readonly loadBalancers: LoadBalancer[];
  readonly virtualIp: VirtualIpSettings;
  readonly haproxy: StackConfiguration["haproxy"];
  readonly kubernetes: KubernetesSettings;
  readonly monitor: DialledHost;
  readonly datadog: DatadogSettings;
  readonly nas: StackConfiguration["nas"];
}
