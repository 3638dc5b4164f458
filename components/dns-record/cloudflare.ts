import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import type { CloudflareArgs } from "./args";
import { CloudflareClaim } from "./cloudflare-claim";
import { CloudflareSwap } from "./cloudflare-swap";
import type { NameArgs, NameRecord, SwapTarget } from "./name";

/**
 * Changes of these properties are ignored, because only the swap changes an existing record. If the provider handled
 * one of them, it would write the whole record at a change, with the initial address. The zone is not in the list: in
 * another zone it is another record.
 */
const leftToTheSwap = ["comment", "content", "data", "name", "priority", "proxied", "settings", "tags", "ttl", "type"];

/** The record's id; the id of an imported record may be `<zone>/<record>`. */
function recordIdOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** Token, base URL and zone for calls of the API. */
function accessOf({ apiToken, baseUrl, zoneId }: CloudflareArgs) {
  return { apiToken: pulumi.secret(apiToken), baseUrl: baseUrl ?? "", zoneId };
}

/** A record at Cloudflare, not proxied. An existing record with one of the stack's addresses is adopted unchanged. */
export function cloudflareRecord(
  parent: pulumi.Resource,
  parentName: string,
  name: NameArgs,
  zone: CloudflareArgs,
): NameRecord {
  const { fqdn, address, adoptable, ttl, comment } = name;
  const access = accessOf(zone);
  const { apiToken, zoneId } = access;
  const provider = new cloudflare.Provider(`${parentName}-cloudflare`, { apiToken, baseUrl: zone.baseUrl }, { parent });
  const claim = new CloudflareClaim(
    `${parentName}-claim-${fqdn}`,
    { ...access, fqdn, address, adoptable, ttl, comment },
    { parent },
  );

  const made = (existing: string) =>
    new cloudflare.DnsRecord(
      // a changed name is another record
      `${parentName}-record-${fqdn}`,
      { zoneId, name: fqdn, type: "A", content: address, ttl, proxied: false, comment },
      {
        parent,
        provider,
        dependsOn: claim,
        import: existing === "" ? undefined : `${zoneId}/${existing}`,
        ignoreChanges: leftToTheSwap,
      },
    );
  // Only `up` knows which record the claim adopted or created; a preview shows the creation of a record. The resource
  // imports that record, so that the `up` after a killed one finds the same record and does not create a second one.
  const record = pulumi.runtime.isDryRun() ? pulumi.output(made("")) : claim.existing.apply(made);

  return {
    fqdn: record.apply((one) => one.name).apply(() => fqdn),
    recordId: record.apply((one) => one.id).apply(recordIdOf),
  };
}

/** Changes the record to another address, and back to the initial one when the resource is deleted. */
export function cloudflareSwap(
  swapName: string,
  { fqdn, address, ttl, comment, nameServers }: NameArgs,
  zone: CloudflareArgs,
  target: SwapTarget,
  opts: pulumi.CustomResourceOptions,
): CloudflareSwap {
  const written = { ...target, birthAddress: address, fqdn, ttl, comment, nameServers };
  return new CloudflareSwap(swapName, { ...accessOf(zone), ...written }, opts);
}
