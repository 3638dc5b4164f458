import * as cloudflare from "@pulumi/cloudflare";
import * as pulumi from "@pulumi/pulumi";
import type { CloudflareArgs } from "./args";
import { Claim } from "./cloudflare-claim";
import { CloudflareSwap } from "./cloudflare-swap";
import type { NameArgs, NameRecord, SwapTarget } from "./name";

/**
 * Once the record exists, only the swap writes it. With any property left to the provider, it would write the whole record
 * at a change, the initial address included. The zone is not a property of the record: another zone is another record.
 */
const leftToTheSwap = ["comment", "content", "data", "name", "priority", "proxied", "settings", "tags", "ttl", "type"];

/** An imported record may go by `<zone>/<record>`. */
function recordIdOf(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** What Cloudflare is asked with. */
function accessOf({ apiToken, baseUrl, zoneId }: CloudflareArgs) {
  return { apiToken: pulumi.secret(apiToken), baseUrl: baseUrl ?? "", zoneId };
}

/** A record at Cloudflare, not proxied; one that exists already at one of our addresses is adopted as it is. */
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
  const claim = new Claim(
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
  // Only `up` knows the record that the claim has found or made; a preview asks nobody, and shows a record that is made. Imported,
  // it can be registered any number of times: an `up` that is killed leaves nothing that the next one does not find.
  const record = pulumi.runtime.isDryRun() ? pulumi.output(made("")) : claim.existing.apply(made);

  return {
    fqdn: record.apply((one) => one.name).apply(() => fqdn),
    recordId: record.apply((one) => one.id).apply(recordIdOf),
  };
}

/** Points the record at an address, in place, and back at the initial one when the resource is deleted. */
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
