import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { LabError } from "../../base/error";
import type { Place } from "../../base/place";
import { needSecrets } from "../../hosts/secrets";
import { projectFolder, stackName } from "../../pulumi/environment";
import { loadSettings, type Settings } from "../../../settings";

/** Secrets in plain text: for contestants that have no engine to keep them. */
export interface SiteSecrets {
  readonly cloudflareApiToken: string;
  readonly datadogApiKey: string;
  readonly datadogAppKey: string;
  /** With VRRP version 2 only. */
  readonly vrrpPassword?: string;
}

/** What every contestant builds: the stack's settings as the program itself reads them. */
export interface Site {
  readonly settings: Settings;
  readonly secrets: SiteSecrets;
  readonly zone: { readonly id: string; readonly apiUrl: string };
  /** The pod network's manifest. */
  readonly cniManifest: string;
  readonly datadogUrl: string;
}

type Configuration = Readonly<Record<string, unknown>>;

/**
 * The settings out of a stack's configuration, its secrets given in plain text.
 *
 * @throws UserError of the settings; LabError where the stack is of a kind that the other contestants do not build
 */
export function siteOf(configuration: Configuration, secrets: SiteSecrets): Site {
  const plain = Object.entries(configuration).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const hidden = Object.entries(secrets)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(([key, value]): [string, string] => [`kube-control:${key}`, value]);
  pulumi.runtime.setAllConfig(
    Object.fromEntries([...plain, ...hidden]),
    hidden.map(([key]) => key),
  );
  const settings = loadSettings();
  const { cloudflare } = settings.endpoint;
  const { cni } = settings.kubernetes;
  const further = settings.datadog.pipelines.length > 0 || settings.nas.pipelineOrder !== undefined;
  if (cloudflare === undefined || cni.manifest === undefined || settings.workers.length > 0 || further) {
    throw new LabError(
      "this stack cannot be compared: the playbook and the bare commands build one at Cloudflare, with a pod network given as a manifest, without workers, further pipelines and an order of pipelines",
      "Measure the committed Pulumi.dev.yaml.",
    );
  }
  return {
    settings,
    secrets,
    zone: { id: cloudflare.zoneId, apiUrl: cloudflare.baseUrl ?? "https://api.cloudflare.com/client/v4" },
    cniManifest: readFileSync(cni.manifest, "utf8"),
    datadogUrl: settings.datadog.apiUrl ?? `https://api.${settings.datadog.site}`,
  };
}

/** The lab's own stack, as it is configured now. */
export function labSite(place: Place): Site {
  const file = join(projectFolder(place), `Pulumi.${stackName}.yaml`);
  const { config = {} } = parse(readFileSync(file, "utf8")) as { config?: Configuration };
  const plain = Object.fromEntries(Object.entries(config).filter(([, value]) => !isEncrypted(value)));
  const { cloudflareApiToken, datadogApiKey, datadogAppKey, vrrpPassword } = needSecrets(place);
  const withPassword = "kube-control:vrrpPassword" in config ? { vrrpPassword } : {};
  // paths in the configuration are seen from the project's folder
  process.chdir(place.root);
  return siteOf(plain, { cloudflareApiToken, datadogApiKey, datadogAppKey, ...withPassword });
}

const isEncrypted = (value: unknown) => typeof value === "object" && value !== null && "secure" in value;
