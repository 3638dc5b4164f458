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

/** The arguments that both steps share. */
function shared(zone: Rfc2136Args, { fqdn, ttl }: NameArgs, hosts: readonly [Host, ...Host[]]) {
  return {
    about: fqdn,
    hosts,
    secrets: { KEY_SECRET: zone.secret },
    deletes: true,
    // each host that does not answer delays the step by half a minute before the next one is tried
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
 * A record in a zone whose name server accepts RFC 2136 updates. The first host that answers sends them. Versions
 * before 0.2 sent them only from the first host, by steps with other names. These steps are retired.
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
      // with `create()`, a changed TTL would write the initial address again
      updates: true,
    },
    { parent },
  );
  const made = record.create.apply(() => fqdn);
  return { fqdn: made, recordId: made };
}

/** Changes the record to another address in one update, and back to the initial one when the resource is deleted. */
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
    // makes the step wait for the record
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
