import { manifestType } from "../../artefacts/image";
import type { CloudflareConfig } from "../../services/cloudflare/main";
import type { DatadogConfig } from "../../services/datadog/main";
import { type HostsPlan, theHost } from "../plan";
import { tsigKeyName } from "../secrets";
import { enabled, type HostContent } from "./host";
import { programContent, programJournalFolder, programStateFolder } from "./program";

export const registryPort = 5000;
export const cloudflarePort = 8081;
export const datadogPort = 8082;
export const intakePort = 8083;

/** The mount point of the images' folders, each at its repository's name. */
export const imagesFolder = "/srv/images";

/**
 * Serves the lab's package repositories and its image registry. A pull needs only files.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
 */
const nginx = `server {
  listen 80;
  root /srv;
  autoindex on;
}
server {
  listen ${registryPort};
  types { }
  # without this header, Docker assumes a registry of version 1
  add_header Docker-Distribution-Api-Version registry/2.0;
  location = /v2/ {
    return 200 "{}";
  }
  location ~ ^/v2/(.+/manifests/.+)$ {
    alias ${imagesFolder}/$1;
    default_type ${manifestType};
  }
  location ~ ^/v2/(.+/blobs/.+)$ {
    alias ${imagesFolder}/$1;
    default_type application/octet-stream;
  }
}
`;

/** services: package repositories, image registry, and the stand-ins for APIs on the internet. */
export async function servicesContent({ stack, secrets, hosts }: HostsPlan): Promise<HostContent> {
  const standIns = [
    await programContent<CloudflareConfig>({
      name: "cloudflare",
      source: "services/cloudflare/main.ts",
      description: "stand-in for Cloudflare's API",
      config: {
        port: cloudflarePort,
        token: secrets.cloudflareApiToken,
        zones: [{ id: stack.zoneId, name: stack.zone }],
        nameServer: {
          address: theHost(hosts, "name-server").address,
          keyName: tsigKeyName,
          keyAlgorithm: "hmac-sha256",
          keySecret: secrets.tsigSecret,
        },
      },
    }),
    await programContent<DatadogConfig>({
      name: "datadog",
      source: "services/datadog/main.ts",
      description: "stand-in for Datadog's API and intake",
      config: {
        port: datadogPort,
        intakePort,
        apiKey: secrets.datadogApiKey,
        appKey: secrets.datadogAppKey,
        logsFile: `${programStateFolder}/datadog-logs.jsonl`,
        pointsFile: `${programStateFolder}/datadog-points.jsonl`,
        runsFile: `${programStateFolder}/datadog-check-runs.jsonl`,
        intakeJournalFile: `${programJournalFolder}/datadog-intake.jsonl`,
      },
    }),
  ];
  return {
    files: [
      { path: "etc/nginx/sites-enabled/lab", content: nginx },
      ...enabled(["nginx.service"]),
      ...standIns.flatMap(({ files }) => files),
    ],
    units: ["nginx.service", ...standIns.flatMap(({ units }) => units)],
  };
}
