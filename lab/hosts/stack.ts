import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { LabError } from "../base/error";
import type { Place } from "../base/place";
import { movedTo, type Subnet } from "./subnet";

export interface Machine {
  readonly name: string;
  readonly address: string;
}

/** What the lab reads of the stack `dev`, in order to raise the machines and services that it names. */
export interface Stack {
  /** The configuration's text, its addresses in the lab's subnet. */
  readonly text: string;
  readonly masters: readonly Machine[];
  readonly workers: readonly Machine[];
  readonly loadBalancers: readonly Machine[];
  readonly monitor: Machine;
  readonly virtualIp: string;
  readonly vrrpVersion: number;
  readonly fqdn: string;
  readonly port: number;
  /** The DNS zone that the name lies in. */
  readonly zone: string;
  readonly zoneId: string;
  readonly provider: string;
  readonly user: string;
  readonly nasPort: number;
}

interface Configuration {
  readonly "kube-control:endpoint"?: {
    readonly fqdn?: string;
    readonly port?: number;
    readonly provider?: string;
    readonly cloudflare?: { readonly zoneId?: string };
    readonly rfc2136?: { readonly zone?: string };
  };
  readonly "kube-control:ssh"?: { readonly user?: string };
  readonly "kube-control:masters"?: readonly Machine[];
  readonly "kube-control:workers"?: readonly Machine[];
  readonly "kube-control:loadBalancers"?: readonly Machine[];
  readonly "kube-control:virtualIp"?: { readonly address?: string; readonly vrrpVersion?: number };
  readonly "kube-control:monitor"?: Machine;
  readonly "kube-control:nas"?: { readonly port?: number };
}

/** Reads the committed stack `dev`. Its mistakes are the program's to explain; here only what is missing stops. */
export function readStack(place: Place, subnet: Subnet): Stack {
  const file = join(place.root, "Pulumi.dev.yaml");
  if (!existsSync(file)) {
    throw new LabError(
      `${file} is missing`,
      "It is part of the project: get it back with `git checkout Pulumi.dev.yaml`.",
    );
  }
  const text = movedTo(subnet, readFileSync(file, "utf8"));
  const config = configurationIn(text);
  const need = <T>(value: T | undefined, key: string): T => {
    if (value === undefined)
      throw new LabError(`Pulumi.dev.yaml: ${key} is missing, and the lab needs it to raise the hosts`);
    return value;
  };
  const endpoint = need(config["kube-control:endpoint"], "kube-control:endpoint");
  const fqdn = need(endpoint.fqdn, "kube-control:endpoint.fqdn");
  return {
    text,
    masters: need(config["kube-control:masters"], "kube-control:masters"),
    workers: config["kube-control:workers"] ?? [],
    loadBalancers: need(config["kube-control:loadBalancers"], "kube-control:loadBalancers"),
    monitor: need(config["kube-control:monitor"], "kube-control:monitor"),
    virtualIp: need(config["kube-control:virtualIp"]?.address, "kube-control:virtualIp.address"),
    vrrpVersion: config["kube-control:virtualIp"]?.vrrpVersion ?? 3,
    fqdn,
    port: endpoint.port ?? 6443,
    zone: endpoint.rfc2136?.zone ?? fqdn.split(".").slice(1).join("."),
    zoneId: endpoint.cloudflare?.zoneId ?? "0".repeat(32),
    provider:
      endpoint.provider ??
      (endpoint.cloudflare === undefined && endpoint.rfc2136 !== undefined ? "rfc2136" : "cloudflare"),
    user: config["kube-control:ssh"]?.user ?? "ops",
    nasPort: config["kube-control:nas"]?.port ?? 15141,
  };
}

function configurationIn(text: string): Configuration {
  try {
    return ((parse(text) as { config?: Configuration } | null) ?? {}).config ?? {};
  } catch (error) {
    throw new LabError("Pulumi.dev.yaml cannot be read", "Mend it; it is YAML.", (error as Error).message);
  }
}
