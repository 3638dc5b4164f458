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

type Images = HostsPlan["images"];

/** The mount point of the first folder of each repository, of the second one, and so on. */
const imagesFolder = (index: number) => (index === 0 ? "/srv/images" : `/srv/images-${index + 1}`);

/** The folders of the images that are mounted: path in the host → folder. */
export const imageMounts = (images: Images): Record<string, string> =>
  Object.fromEntries(
    Object.entries(images).flatMap(([repository, folders]) =>
      folders.map((folder, index) => [`${imagesFolder(index)}/${repository}`, folder]),
    ),
  );

/**
 * Serves the lab's package repositories and its image registry. A pull needs only files. If a repository has several folders,
 * a file is searched for in one after the other.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
 */
export function nginx(images: Images): string {
  const count = Math.max(...Object.values(images).map((folders) => folders.length));
  const files = Array.from({ length: count }, (_, index) => `${imagesFolder(index)}/$1`).join(" ");
  return `server {
  listen 80;
  root /srv;
  autoindex on;
}
server {
  listen ${registryPort};
  root /;
  types { }
  # without this header, Docker assumes a registry of version 1
  add_header Docker-Distribution-Api-Version registry/2.0;
  location = /v2/ {
    return 200 "{}";
  }
  location ~ ^/v2/(.+/manifests/.+)$ {
    try_files ${files} =404;
    default_type ${manifestType};
  }
  location ~ ^/v2/(.+/blobs/.+)$ {
    try_files ${files} =404;
    default_type application/octet-stream;
  }
}
`;
}

/** services: package repositories, image registry, and the stand-ins for APIs on the internet. */
export async function servicesContent({ stack, secrets, hosts, images }: HostsPlan): Promise<HostContent> {
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
      { path: "etc/nginx/sites-enabled/lab", content: nginx(images) },
      ...enabled(["nginx.service"]),
      ...standIns.flatMap(({ files }) => files),
    ],
    units: ["nginx.service", ...standIns.flatMap(({ units }) => units)],
  };
}
