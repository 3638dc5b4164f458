import * as pulumi from "@pulumi/pulumi";
import { backupSettings } from "./settings/backup";
import { stackSchema } from "./settings/checks";
import { providerOf } from "./settings/endpoint";
import { hostMaker } from "./settings/hosts";
import { mistakesOf } from "./settings/issues";
import { kubernetesSettings } from "./settings/kubernetes";
import { configurationError } from "./settings/mistakes";
import { pipelineFiles } from "./settings/pipelines";
import { type EndpointSettings, type Settings, type StackConfiguration, stackShape } from "./settings/schema";
import { defaultPriority } from "./settings/sections/machines";
import { readSource, readValues } from "./settings/source";

export type * from "./settings/schema";

/**
 * Reads and checks the stack's configuration, and the files that it names. It connects to no host.
 *
 * @throws UserError with every mistake in the configuration, each with its setting, its value and what to do
 */
export function loadSettings(): Settings {
  const source = readSource();
  const [values, misread] = readValues(source);
  const { data, error } = stackSchema.safeParse(values);
  if (error !== undefined || misread.length > 0) {
    const mistakes = [...misread, ...(error === undefined ? [] : mistakesOf(error, values))];
    throw configurationError(source.stack, mistakes, Object.keys(stackShape.shape));
  }
  return settingsOf(data);
}

function settingsOf(given: StackConfiguration): Settings {
  const toHost = hostMaker(given.ssh);
  const [firstMaster, ...otherMasters] = given.masters.map(toHost);
  if (firstMaster === undefined) {
    throw new Error("a checked configuration without a master: a defect of the checks");
  }
  const workers = given.workers.map(toHost);
  const loadBalancers = given.loadBalancers.map((machine, index) => ({
    ...toHost(machine),
    priority: machine.priority ?? defaultPriority(index),
  }));
  const monitor = toHost(given.monitor);
  return {
    endpoint: endpointSettings(given),
    masters: [firstMaster, ...otherMasters],
    workers,
    loadBalancers,
    virtualIp: {
      ...given.virtualIp,
      ...(given.virtualIp.vrrpVersion === 2 ? { password: secret(given.vrrpPassword) } : {}),
    },
    haproxy: given.haproxy,
    kubernetes: kubernetesSettings(given.kubernetes),
    backup: backupSettings(given, [...workers, ...loadBalancers, monitor], secret(given.s3SecretAccessKey)),
    monitor,
    datadog: {
      ...given.datadog,
      pipelines: pipelineFiles(given.datadog.pipelines),
      apiKey: secret(given.datadogApiKey),
      appKey: secret(given.datadogAppKey),
    },
    nas: given.nas,
  };
}

/** A secret of the configuration. The checks have ensured that it is given. */
const secret = (text = "") => pulumi.secret(text);

function endpointSettings({ endpoint, cloudflareApiToken, tsigSecret }: StackConfiguration): EndpointSettings {
  const { fqdn, port, ttl, nameServers, cloudflare, rfc2136 } = endpoint;
  const provider = providerOf(endpoint);
  return {
    fqdn,
    port,
    ttl,
    nameServers,
    ...(provider === "cloudflare" && cloudflare !== undefined
      ? { cloudflare: { ...cloudflare, apiToken: secret(cloudflareApiToken) } }
      : {}),
    ...(provider === "rfc2136" && rfc2136 !== undefined ? { rfc2136: { ...rfc2136, secret: secret(tsigSecret) } } : {}),
  };
}
