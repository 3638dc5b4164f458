import * as pulumi from "@pulumi/pulumi";
import { Draft } from "./settings/draft";
import { checkEndpoint } from "./settings/endpoint";
import { checkSsh, hostMaker } from "./settings/hosts";
import { checkKubernetes, kubernetesSettings } from "./settings/kubernetes";
import { configurationError } from "./settings/mistakes";
import { checkNetwork } from "./settings/network";
import { checkPipelines, pipelineFiles } from "./settings/pipelines";
import { checkPorts } from "./settings/ports";
import { checkRedundancy, defaultPriority } from "./settings/redundancy";
import { type EndpointSettings, type Settings, type StackConfiguration, stackSchema } from "./settings/schema";
import { checkSecrets, providerOf, type SecretKey, secretNames } from "./settings/secrets";
import { checkShape } from "./settings/shape";
import { readSource, readStructures, type Source } from "./settings/source";

export type * from "./settings/schema";

/**
 * Reads and checks the stack's configuration, and the key files it names. Dials nothing.
 *
 * @throws UserError that lists every mistake of the stack, each with its setting, its value and what to do.
 */
export function loadSettings(): Settings {
  const source = readSource();
  const [values, misread] = readStructures(source, secretNames);
  const draft = new Draft(values);
  const checks = [checkEndpoint, checkSsh, checkRedundancy, checkNetwork, checkPorts, checkKubernetes, checkPipelines];
  const mistakes = [
    ...misread,
    ...checkShape(values),
    ...checks.flatMap((check) => check(draft)),
    ...checkSecrets(source, draft),
  ];
  if (mistakes.length > 0) {
    throw configurationError(source.stack, mistakes, [...Object.keys(stackSchema.shape), ...secretNames]);
  }
  return settingsOf(stackSchema.parse(values), source, draft);
}

function settingsOf(given: StackConfiguration, source: Source, draft: Draft): Settings {
  const secret = (key: SecretKey) => pulumi.secret(source.texts.get(key) ?? "");
  const toHost = hostMaker(given.ssh);
  const [firstMaster, ...otherMasters] = given.masters.map(toHost);
  if (firstMaster === undefined) {
    throw new Error("a checked configuration has no master");
  }
  const { vrrpVersion } = given.virtualIp;
  return {
    endpoint: endpointSettings(given.endpoint, providerOf(draft), secret),
    masters: [firstMaster, ...otherMasters],
    workers: given.workers.map(toHost),
    loadBalancers: given.loadBalancers.map((machine, index) => ({
      ...toHost(machine),
      priority: machine.priority ?? defaultPriority(index),
    })),
    virtualIp: {
      ...given.virtualIp,
      ...(vrrpVersion === 2 ? { password: secret("vrrpPassword") } : {}),
    },
    haproxy: given.haproxy,
    kubernetes: kubernetesSettings(given.kubernetes),
    monitor: toHost(given.monitor),
    datadog: {
      ...given.datadog,
      pipelines: pipelineFiles(given.datadog.pipelines),
      apiKey: secret("datadogApiKey"),
      appKey: secret("datadogAppKey"),
    },
    nas: given.nas,
  };
}

function endpointSettings(
  { fqdn, port, ttl, nameServers, cloudflare, rfc2136 }: StackConfiguration["endpoint"],
  provider: ReturnType<typeof providerOf>,
  secret: (key: SecretKey) => pulumi.Output<string>,
): EndpointSettings {
  return {
    fqdn,
    port,
    ttl,
    nameServers,
    ...(provider === "cloudflare" && cloudflare !== undefined
      ? { cloudflare: { ...cloudflare, apiToken: secret("cloudflareApiToken") } }
      : {}),
    ...(provider === "rfc2136" && rfc2136 !== undefined
      ? { rfc2136: { ...rfc2136, secret: secret("tsigSecret") } }
      : {}),
  };
}
