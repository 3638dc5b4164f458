import * as pulumi from "@pulumi/pulumi";
import { checkedAddress, checkedHosts, inputsOf } from "../../host/argument";
import type { DnsRecordArgs } from "./args";
import { cloudflareSwap } from "./cloudflare";
import { hostsEntry } from "./hosts-entry";
import { backendOf, nameInputs, nameOf } from "./name";
import { waitForName } from "./resolves";
import { rfc2136Swap } from "./rfc2136";

/** The arguments of the record, and where it is pointed at. */
export interface DnsSwapArgs extends DnsRecordArgs {
  /** The record's {@link DnsRecord.recordId}. */
  readonly recordId: pulumi.Input<string>;
  /** IPv4 address that the record is pointed at. */
  readonly newAddress: pulumi.Input<string>;
}

/**
 * A record pointed at another address than its initial one, in place, and the name in every host's /etc/hosts; when it is deleted,
 * the record points back. It is the record's only writer from then on, of TTL and comment too. It is done when the name leads to
 * the address on every host, and fails after a bounded wait with what was seen instead.
 *
 * It is not a child of the record: a resource that depends on a component waits for all its children, and the swap waits for what
 * depends on the record.
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
 * @throws ResourceError where the record's arguments are refused, and where an address is not an IPv4 address
 */
export class DnsSwap extends pulumi.ComponentResource {
  /** The name, once it leads to the address on every host, also without DNS. */
  readonly fqdn: pulumi.Output<string>;
  /** The address, once the name leads to it on every host. */
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

    // children do not inherit what their component depends on
    const after = { parent: this, dependsOn: opts.dependsOn };
    const swap =
      backend.kind === "cloudflare"
        ? cloudflareSwap(`${name}-${fqdn}`, initial, backend.zone, target, after)
        : rfc2136Swap(`${name}-${fqdn}`, initial, backend.zone, backend.hosts, target, after);
    const seen = waitForName(`${name}-seen-by`, hosts, { fqdn, address, ttl }, { parent: this, dependsOn: swap });
    // From then on every host finds the address without DNS too. The entries are removed before the swap is undone.
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
