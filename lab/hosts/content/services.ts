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

/** The lab's package repositories. */
const nginx = `server {
  listen 80;
  root /srv;
  autoindex on;
}
`;

const registry = `version: 0.1
log: { level: warn }
storage:
  filesystem: { rootdirectory: /var/lib/docker-registry }
http: { addr: ":${registryPort}" }
`;

/** services: package repositories, image registry, and the stand-ins for what is out on the internet. */
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
        intakeJournalFile: `${programJournalFolder}/datadog-intake.jsonl`,
      },
    }),
  ];
  const debian = ["nginx.service", "docker-registry.service"];
  return {
    files: [
      { path: "etc/nginx/sites-enabled/lab", content: nginx },
      { path: "etc/docker/registry/config.yml", content: registry },
      ...enabled(debian),
      ...standIns.flatMap(({ files }) => files),
    ],
    units: [...debian, ...standIns.flatMap(({ units }) => units)],
  };
}
