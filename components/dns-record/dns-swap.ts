import * as pulumi from "@pulumi/pulumi";
import { checkedAddress, checkedHosts, inputsOf } from "../../host/argument";
import type { DnsRecordArgs } from "./args";
import { cloudflareSwap } from "./cloudflare";
import { hostsEntry } from "./hosts-entry";
import { backendOf, nameInputs, nameOf } from "./name";
import { waitForName } from "./resolves";
import { rfc2136Swap } from "./rfc2136";

/** The arguments of the record, and its new address. */
export interface DnsSwapArgs extends DnsRecordArgs {
  /** The record's {@link DnsRecord.recordId}. */
  readonly recordId: pulumi.Input<string>;
  /** IPv4 address that the record gets. */
  readonly newAddress: pulumi.Input<string>;
}

/**
 * Changes a record in place from its initial address to another one, and writes the name into every host's /etc/hosts.
 * A deletion changes the record back. From the swap on, only this resource changes the record, including its TTL and
 * comment.
 *
 * It is complete when the name resolves to the address on every host. It fails after a limited time, with what the name
 * resolved to instead.
 *
 * It is not a child of the record, because it waits for resources that depend on the record, and a resource that
 * depends on a component waits for all children of the component.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { DnsRecord, type DnsRecordArgs, DnsSwap, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const args: DnsRecordArgs = {
 *   fqdn: "kube-control.example.com",
 *   address: "192.0.2.11",
 *   adoptable: ["192.0.2.10"],
 *   hosts: [sshHost({ ...login, name: "k8s-master1", address: "192.0.2.11" })],
 *   rfc2136: {
 *     server: "192.0.2.53",
 *     zone: "example.com",
 *     keyName: "kube-control",
 *     secret: new pulumi.Config().requireSecret("tsigSecret"),
 *   },
 * };
 * const record = new DnsRecord("kube-control", args);
 * const swap = new DnsSwap("kube-control-swap", { ...args, recordId: record.recordId, newAddress: "192.0.2.10" });
 *
 * export const { address } = swap;
 * ```
 *
 * @throws ResourceError if the record's arguments are refused, or if an address is not an IPv4 address
 */
export class DnsSwap extends pulumi.ComponentResource {
  /** The name, once it resolves to the address on every host, also without DNS. */
  readonly fqdn: pulumi.Output<string>;
  /** The address, once the name resolves to it on every host. */
  readonly address: pulumi.Output<string>;

  constructor(name: string, args: DnsSwapArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const inputs = { ...nameInputs(args), ...inputsOf(args, ["recordId", "newAddress"]) };
    super("kube-control:index:DnsSwap", name, inputs, opts);
    const hosts = checkedHosts(this, `${name}.hosts`, args.hosts);
    const backend = backendOf(this, name, { ...args, hosts });
    const initial = nameOf(this, name, args);
    const address = checkedAddress(this, `${name}.newAddress`, args.newAddress);
    const { fqdn, ttl } = initial;
    const target = { recordId: args.recordId, address };

    // children do not inherit the dependencies of their component
    const after = { parent: this, dependsOn: opts.dependsOn };
    const swap =
      backend.kind === "cloudflare"
        ? cloudflareSwap(`${name}-${fqdn}`, initial, backend.zone, target, after)
        : rfc2136Swap(`${name}-${fqdn}`, initial, backend.zone, backend.hosts, target, after);
    const seen = waitForName(`${name}-seen-by`, hosts, { fqdn, address, ttl }, { parent: this, dependsOn: swap });
    // With its entry, a host resolves the name also without DNS. A deletion removes the entries before it undoes the
    // swap.
    const entries = hosts.map((host) =>
      hostsEntry(
        `${name}-hosts-entry-${host.name}`,
        host,
        { fqdn, address },
        { parent: this, dependsOn: [swap, ...seen] },
      ),
    );

    const done = pulumi.all([...seen, ...entries].map((step) => step.id));
    this.fqdn = done.apply(() => fqdn);
    this.address = done.apply(() => pulumi.output(address));
    this.registerOutputs({ fqdn: this.fqdn, address: this.address });
  }
}
