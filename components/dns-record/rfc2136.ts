import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { acrossHostsScript, retiredStep } from "../../host/script";
import { defaults } from "./defaults";
import type { NameArgs, NameRecord } from "./name";

export interface Rfc2136Args {
  /** IPv4 address of the name server that takes the updates. */
  readonly server: string;
  /** Its port. @default `defaults.rfc2136.port` */
  readonly port?: number;
  /** The zone that holds the name, e.g. `example.com`. */
  readonly zone: string;
  /** Name of the TSIG key. */
  readonly keyName: string;
  /** @default `defaults.rfc2136.keyAlgorithm` */
  readonly keyAlgorithm?: string;
  /** The TSIG key's secret, base64; treated as a secret. */
  readonly secret: pulumi.Input<string>;
}

const text = (file: string) => readFileSync(join(__dirname, file), "utf8");
const shared = text("nsupdate.sh");
const recordScript = `${shared}\n${text("nsupdate-record.sh")}`;
const swapScript = `${shared}\n${text("nsupdate-swap.sh")}`;

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
  const { fqdn, address, adoptable, ttl, nameServers } = name;
  const common = {
    about: fqdn,
    hosts,
    secrets: { KEY_SECRET: zone.secret },
    deletes: true,
    // hosts that do not answer are tried first, for half a minute each
    timeoutSeconds: 1200,
  };
  const variables = {
    SERVER: zone.server,
    SERVER_PORT: String(zone.port ?? defaults.rfc2136.port),
    ZONE: zone.zone,
    FQDN: fqdn,
    TTL: String(ttl),
    KEY_NAME: zone.keyName,
    KEY_ALGORITHM: zone.keyAlgorithm ?? defaults.rfc2136.keyAlgorithm,
  };
  retiredStep.on(hosts[0], `${parentName}-record-${fqdn}`, { parent });
  const record = acrossHostsScript(
    `${parentName}-rfc2136-${fqdn}`,
    {
      ...common,
      step: `make the record ${fqdn}`,
      script: recordScript,
      variables: { ...variables, ADDRESS: address, ADOPTABLE: adoptable.join(" ") },
      // a changed TTL must not write the initial address again
      updates: true,
    },
    { parent },
  );
  return {
    fqdn: record.create.apply(() => fqdn),
    swap: (swapName, swapAddress, opts) => {
      retiredStep.on(hosts[0], swapName, opts);
      return acrossHostsScript(
        `${swapName}-update`,
        {
          ...common,
          step: `point ${fqdn} at ${swapAddress}`,
          script: swapScript,
          variables: {
            ...variables,
            ADDRESS: swapAddress,
            INITIAL_ADDRESS: address,
            NAME_SERVERS: nameServers.join(" "),
          },
        },
        pulumi.mergeOptions(opts, { dependsOn: record }),
      );
    },
  };
}
