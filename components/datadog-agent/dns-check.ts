import type * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";

/** A name that the agent resolves every 15 s. It reports the service check `dns.can_resolve`. */
export interface DnsCheck {
  /** Name of the check, unique in its list; Datadog's tag `instance`. */
  readonly name: string;
  /** The name. */
  readonly hostname: string;
  /** The only address to which it must resolve. */
  readonly resolvesAs: pulumi.Input<string>;
  /**
   * Address of the name server.
   *
   * @default the resolver of the agent's host
   */
  readonly nameServer?: string;
  /** Further tags, `key:value` each. Datadog adds `nameserver`, `resolved_hostname`, `instance` and `record_type`. */
  readonly tags?: string[];
}

/** A check whose address is known. */
export interface KnownDnsCheck extends DnsCheck {
  readonly resolvesAs: string;
}

/**
 * Renders conf.d/dns_check.d/conf.yaml.
 *
 * @see https://github.com/DataDog/integrations-core/blob/master/dns_check/datadog_checks/dns_check/data/conf.yaml.example
 */
export function renderDnsCheck(checks: readonly KnownDnsCheck[]): string {
  const instances = checks.map(({ name, hostname, resolvesAs, nameServer, tags = [] }) => ({
    name,
    hostname,
    ...(nameServer === undefined ? {} : { nameserver: nameServer }),
    record_type: "A",
    resolves_as: resolvesAs,
    timeout: 5,
    ...(tags.length === 0 ? {} : { tags: [...tags] }),
  }));
  return `# Written by kube-control.\n${stringify({ init_config: {}, instances }, { lineWidth: 0 })}`;
}
