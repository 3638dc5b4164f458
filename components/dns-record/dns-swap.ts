import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import type { NameArgs, NameRecord } from "./name";
import { hostsEntry } from "./hosts-entry";
import { waitForName } from "./resolves";

export interface DnsSwapArgs {
  /** What the record was made with. */
  readonly initial: NameArgs;
  readonly record: NameRecord;
  /** The name; carries the record as a dependency. */
  readonly fqdn: pulumi.Output<string>;
  /** IPv4 address that the record is pointed at. */
  readonly address: string;
  /** Hosts on which the name has to lead there. */
  readonly hosts: readonly Host[];
}

/**
 * A record pointed at another address than its initial one, and the name in every host's /etc/hosts; made by
 * `DnsRecord.swapTo`. It is not a child of the record: a resource that depends on a component waits for all its children, and the
 * swap waits for what depends on the record.
 */
export class DnsSwap extends pulumi.ComponentResource {
  /** The name, once it leads to the address on every host, also without DNS. */
  readonly fqdn: pulumi.Output<string>;
  /** The address, once the name leads to it on every host. */
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: DnsSwapArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kube-control:index:DnsSwap", name, {}, opts);
    const { initial, address } = args;

    // children do not inherit what their component depends on
    const swap = args.record.swap(`${name}-${initial.fqdn}`, address, { parent: this, dependsOn: opts.dependsOn });
    const seen = waitForName(
      `${name}-seen-by`,
      args.hosts,
      { fqdn: args.fqdn, address, ttl: initial.ttl },
      { parent: this, dependsOn: swap },
    );
    // From then on every host finds the address without DNS too. The entries are removed before the swap is undone.
    const entries = args.hosts.map((host) =>
      hostsEntry(
        `${name}-hosts-entry-${host.name}`,
        host,
        { fqdn: initial.fqdn, address },
        { parent: this, dependsOn: [swap, ...seen] },
      ),
    );

    const done = pulumi.all([...seen, ...entries].map((step) => step.id));
    this.fqdn = done.apply(() => initial.fqdn);
    this.address = done.apply(() => address);
    this.registerOutputs({ fqdn: this.fqdn, address: this.address });
  }
}
