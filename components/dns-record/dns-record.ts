import * as pulumi from "@pulumi/pulumi";
import { checkedHosts } from "../../host/argument";
import type { DnsRecordArgs } from "./args";
import { cloudflareRecord } from "./cloudflare";
import { backendOf, nameInputs, nameOf } from "./name";
import { rfc2136Record } from "./rfc2136";

/**
 * The A record of the control plane's name. It has the address of the first master, until a `DnsSwap` changes it to the
 * virtual IP when the load balancers serve. The change is made in place, so that the name always resolves.
 *
 * @example
 * ```ts
 * import * as pulumi from "@pulumi/pulumi";
 * import { DnsRecord, sshHost } from "kube-control";
 *
 * const login = { user: "ops", privateKeyFile: "~/.ssh/id_ed25519", knownHostsFile: "~/.ssh/known_hosts" };
 * const endpoint = new DnsRecord("kube-control", {
 *   fqdn: "kube-control.example.com",
 *   address: "192.0.2.11",
 *   hosts: [sshHost({ ...login, name: "k8s-master1", address: "192.0.2.11" })],
 *   cloudflare: {
 *     zoneId: "6b63c0a1d4e54f0c8f3a2e9d7b105c36",
 *     apiToken: new pulumi.Config().requireSecret("cloudflareApiToken"),
 *   },
 * });
 *
 * export const { fqdn } = endpoint;
 * ```
 *
 * @throws ResourceError if not exactly one of cloudflare and rfc2136 is given, if there is no host, or if an address is
 *   not an IPv4 address. `up` also fails if the name has other records.
 */
export class DnsRecord extends pulumi.ComponentResource {
  /** The name. A resource that uses it waits for the record. */
  readonly fqdn: pulumi.Output<string>;
  /** Identifies the record for a `DnsSwap`: its id at Cloudflare, or its name with RFC 2136. */
  readonly recordId: pulumi.Output<string>;

  constructor(name: string, args: DnsRecordArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kube-control:index:DnsRecord", name, nameInputs(args), opts);
    const hosts = checkedHosts(this, `${name}.hosts`, args.hosts);
    const backend = backendOf(this, name, { ...args, hosts });
    const initial = nameOf(this, name, args);
    const record =
      backend.kind === "cloudflare"
        ? cloudflareRecord(this, name, initial, backend.zone)
        : rfc2136Record(this, name, initial, backend.zone, backend.hosts);

    this.fqdn = record.fqdn;
    this.recordId = record.recordId;
    this.registerOutputs({ fqdn: this.fqdn, recordId: this.recordId });
  }
}
