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

const nginx = `# The lab's package repositories
user www-data;
pid /run/nginx.pid;
events {}
http {
  sendfile on;
  types { text/plain key; }
  default_type application/octet-stream;
  access_log /var/log/nginx/access.log;
  server {
    listen 80;
    root /srv;
    autoindex on;
  }
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
  const cloudflare: CloudflareConfig = {
    port: cloudflarePort,
    token: secrets.cloudflareApiToken,
    zones: [{ id: stack.zoneId, name: stack.zone }],
    nameServer: {
      address: theHost(hosts, "name-server").address,
      keyName: tsigKeyName,
      keyAlgorithm: "hmac-sha256",
      keySecret: secrets.tsigSecret,
    },
    stateFile: `${programStateFolder}/cloudflare.json`,
    journalFile: `${programJournalFolder}/cloudflare.jsonl`,
  };
  const datadog: DatadogConfig = {
    port: datadogPort,
    intakePort,
    apiKey: secrets.datadogApiKey,
    appKey: secrets.datadogAppKey,
    stateFile: `${programStateFolder}/datadog.json`,
    logsFile: `${programStateFolder}/datadog-logs.jsonl`,
    pointsFile: `${programStateFolder}/datadog-points.jsonl`,
    journalFile: `${programJournalFolder}/datadog.jsonl`,
    intakeJournalFile: `${programJournalFolder}/datadog-intake.jsonl`,
  };
  const standIns = [
    await programContent({
      name: "cloudflare",
      source: "services/cloudflare/main.ts",
      description: "stand-in for Cloudflare's API",
      config: cloudflare,
    }),
    await programContent({
      name: "datadog",
      source: "services/datadog/main.ts",
      description: "stand-in for Datadog's API and intake",
      config: datadog,
    }),
  ];
  const debian = ["nginx.service", "docker-registry.service"];
  return {
    files: [
      { path: "etc/nginx/nginx.conf", content: nginx },
      { path: "etc/docker/registry/config.yml", content: registry },
      ...enabled(debian),
      ...standIns.flatMap((standIn) => standIn.files),
    ],
    units: [...debian, ...standIns.flatMap((standIn) => standIn.units)],
  };
}
