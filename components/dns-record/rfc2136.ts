import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../host/host";
import { hostScript } from "../../host/script";
import type { BornRecord, NameArgs } from "./name";

export interface Rfc2136Args {
  /** IPv4 address of the name server that takes the updates. */
  readonly server: string;
  /** Its port. Default: 53. */
  readonly port?: number;
  /** The zone that holds the name, e.g. `example.com`. */
  readonly zone: string;
  /** Name of the TSIG key. */
  readonly keyName: string;
  /** Default: `hmac-sha256`. */
  readonly keyAlgorithm?: string;
  /** The TSIG key's secret, base64; treated as a secret. */
  readonly secret: pulumi.Input<string>;
}

const text = (file: string) => readFileSync(join(__dirname, file), "utf8");
const shared = text("nsupdate.sh");
const recordScript = `${shared}\n${text("nsupdate-record.sh")}`;
const swapScript = `${shared}\n${text("nsupdate-swap.sh")}`;

/** A record in a zone whose name server takes RFC 2136 updates; they are sent from a host, so that only it need be let in. */
export function rfc2136Record(
  parent: pulumi.Resource,
  parentName: string,
  name: NameArgs,
  zone: Rfc2136Args,
  from: Host,
): BornRecord {
  const { fqdn, address, ttl, nameServers } = name;
  const variables = {
    SERVER: zone.server,
    SERVER_PORT: String(zone.port ?? 53),
    ZONE: zone.zone,
    FQDN: fqdn,
    TTL: String(ttl),
    KEY_NAME: zone.keyName,
    KEY_ALGORITHM: zone.keyAlgorithm ?? "hmac-sha256",
  };
  const secrets = { KEY_SECRET: zone.secret };
  const record = hostScript(
    `${parentName}-record-${fqdn}`,
    {
      host: from,
      step: `make the record ${fqdn}`,
      script: recordScript,
      variables: { ...variables, ADDRESS: address },
      secrets,
      deletes: true,
      // a changed TTL must not write the address again that the record was born with
      updates: true,
      patience: "boot",
    },
    { parent },
  );
  return {
    fqdn: record.create.apply(() => fqdn),
    swap: (swapName, swapAddress, opts) =>
      hostScript(
        swapName,
        {
          host: from,
          step: `point ${fqdn} at ${swapAddress}`,
          script: swapScript,
          variables: {
            ...variables,
            ADDRESS: swapAddress,
            BIRTH_ADDRESS: address,
            NAME_SERVERS: nameServers.join(" "),
          },
          secrets,
          deletes: true,
        },
        pulumi.mergeOptions(opts, { dependsOn: record }),
      ),
  };
}
