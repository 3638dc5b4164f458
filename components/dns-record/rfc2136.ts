import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { HostState } from "../../host/host-state";
import { acrossHostsScript, retiredStep } from "../../host/script";
import type { Rfc2136Args } from "./args";
import { defaults } from "./defaults";
import { type NameArgs, type NameRecord, type SwapTarget, titled } from "./name";

const text = (file: string) => readFileSync(join(__dirname, file), "utf8");
const nsupdate = text("nsupdate.sh");
const recordScript = `${nsupdate}\n${text("nsupdate-record.sh")}`;
const swapScript = `${nsupdate}\n${text("nsupdate-swap.sh")}`;

/** What both steps have in common. */
function shared(zone: Rfc2136Args, { fqdn, ttl }: NameArgs, hosts: readonly [Host, ...Host[]]) {
  return {
    about: fqdn,
    hosts,
    secrets: { KEY_SECRET: zone.secret },
    deletes: true,
    // hosts that do not answer are tried first, for half a minute each
    timeoutSeconds: 1200,
    variables: {
      SERVER: zone.server,
      SERVER_PORT: String(zone.port ?? defaults.rfc2136.port),
      ZONE: zone.zone,
      FQDN: fqdn,
      TTL: String(ttl),
      KEY_NAME: zone.keyName,
      KEY_ALGORITHM: zone.keyAlgorithm ?? defaults.rfc2136.keyAlgorithm,
    },
  };
}

/**
 * A record in a zone whose name server takes RFC 2136 updates. They are sent from the first of the hosts that answers.
 * Versions before 0.2 sent them from the first host only, by steps of other names; those are retired.
 */
export function rfc2136Record(
  parent: pulumi.Resource,
  parentName: string,
  name: NameArgs,
  zone: Rfc2136Args,
  hosts: readonly [Host, ...Host[]],
): NameRecord {
  const { fqdn, address, adoptable } = name;
  const { variables, ...common } = shared(zone, name, hosts);
  retiredStep.on(hosts[0], `${parentName}-record-${fqdn}`, { parent });
  const record = acrossHostsScript(
    `${parentName}-rfc2136-${fqdn}`,
    {
      ...common,
      step: `make the record ${fqdn}`,
      script: recordScript,
      variables: {
        ...variables,
        ADDRESS: address,
        ADOPTABLE: pulumi.all([...adoptable]).apply((all) => all.join(" ")),
      },
      // a changed TTL must not write the initial address again
      updates: true,
    },
    { parent },
  );
  const made = record.create.apply(() => fqdn);
  return { fqdn: made, recordId: made };
}

/** Points the record at an address, in one update, and back at the initial one when the resource is deleted. */
export function rfc2136Swap(
  swapName: string,
  name: NameArgs,
  zone: Rfc2136Args,
  hosts: readonly [Host, ...Host[]],
  { recordId, address }: SwapTarget,
  opts: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const { fqdn, nameServers } = name;
  const { variables: ofZone, ...common } = shared(zone, name, hosts);
  retiredStep.on(hosts[0], swapName, opts);
  const variables = {
    ...ofZone,
    // waits for the record
    FQDN: pulumi.output(recordId).apply(() => fqdn),
    ADDRESS: address,
    INITIAL_ADDRESS: name.address,
    NAME_SERVERS: nameServers.join(" "),
  };
  const checks = [{ what: "record", script: swapScript, variables }];
  const state = new HostState(`${swapName}-state`, { about: fqdn, hosts, checks }, opts);
  return acrossHostsScript(
    `${swapName}-update`,
    {
      ...common,
      step: `point ${fqdn} at ${titled(address)}`,
      script: swapScript,
      variables,
      generation: state.generation,
    },
    opts,
  );
}
