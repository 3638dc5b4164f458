import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { CompleteRepository } from "../components/control-plane";
import type { DialledHost } from "../host/host";
import { backup } from "./sections/backup";
import { datadog } from "./sections/datadog";
import { type cloudflare, endpoint, type rfc2136 } from "./sections/endpoint";
import { kubernetes } from "./sections/kubernetes";
import { haproxy, virtualIp } from "./sections/load-balancing";
import { loadBalancers, masters, monitor, workers } from "./sections/machines";
import { nas } from "./sections/nas";
import { secrets } from "./sections/secrets";
import { ssh } from "./sections/ssh";

/**
 * The schema of each setting by itself, in the order of docs/settings.md: its meaning, its default and its valid
 * values. checks.ts finds mistakes across settings.
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
  backup,
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
  /** Set if Cloudflare serves the zone. Exactly one of `cloudflare` and `rfc2136` is set. */
  readonly cloudflare?: CloudflareSettings;
  /** Set if a name server that accepts RFC 2136 updates serves the zone. */
  readonly rfc2136?: Rfc2136Settings;
}

export interface LoadBalancer extends DialledHost {
  readonly priority: number;
}

export interface VirtualIpSettings extends Readonly<StackConfiguration["virtualIp"]> {
  /** Set only with VRRP version 2. */
  readonly password?: pulumi.Output<string>;
}

export interface KubernetesSettings extends Omit<StackConfiguration["kubernetes"], "repository" | "cni"> {
  readonly repository: CompleteRepository;
  /** `manifest` is an absolute path, set if `name` is `manifest`. */
  readonly cni: { readonly name: "flannel" | "none" | "manifest"; readonly manifest?: string };
}

type BucketConfiguration = NonNullable<StackConfiguration["backup"]["s3"]>;

export interface BucketSettings extends BucketConfiguration {
  readonly secretAccessKey: pulumi.Output<string>;
}

/** The backup of a stack that has recipients. */
export interface BackupSettings extends Omit<StackConfiguration["backup"], "copyTo" | "s3"> {
  /** The host that gets a copy of each archive. */
  readonly copyTo: DialledHost;
  /** The bucket to which that host uploads the copies. @default none */
  readonly s3?: BucketSettings;
}

/** A file with a pipeline and its tests. */
export interface PipelineFileSettings {
  /** The file's name without its extension. Resources are named after it. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
  /** The path as given in the configuration. */
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
  /** @default the stack has no backup */
  readonly backup?: BackupSettings;
  readonly monitor: DialledHost;
  readonly datadog: DatadogSettings;
  readonly nas: StackConfiguration["nas"];
}
