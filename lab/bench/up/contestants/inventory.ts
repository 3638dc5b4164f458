import { stringify } from "yaml";
import { defaultAdvertInterval } from "../../../../components/haproxy-pair/keepalived";
import { agentContainer, agentListener, confD, pairName, recordComment, rendered } from "../rendered";
import { datadogObjects } from "../datadog-objects";
import type { Site } from "../site";

/** HAProxy's own words for what the settings leave open. */
function haproxyValues(site: Site) {
  const cfg = rendered(site).haproxy;
  const value = (pattern: RegExp) => pattern.exec(cfg)?.[1] ?? "";
  return {
    name: pairName,
    statsSocket: value(/stats socket (\S+)/),
    connectTimeout: value(/timeout connect (\S+)/),
    clientTimeout: value(/timeout client (\S+)/),
    serverTimeout: value(/timeout server (\S+)/),
    tunnelTimeout: value(/timeout tunnel (\S+)/),
    checkInterval: value(/ inter (\S+)/),
    healthPort: Number(value(/bind 127\.0\.0\.1:(\d+)/)),
  };
}

/** The playbook's inventory for a site, and beside it the file of variables that holds its secrets. */
export function inventoryOf(site: Site): { readonly inventory: string; readonly secrets: string } {
  const { settings, secrets, zone, datadogUrl, cniManifest } = site;
  const { endpoint, masters, loadBalancers, monitor, virtualIp, kubernetes, datadog } = settings;
  const { ssh } = masters[0];
  const hosts = (machines: readonly { readonly name: string; readonly address: string }[]) => ({
    hosts: Object.fromEntries(machines.map(({ name, address }) => [name, { ansible_host: address }])),
  });
  const files = rendered(site);
  const { password: _, ...vip } = virtualIp;
  const { cni: _cni, ...kubernetesValues } = kubernetes;
  const inventory = {
    all: {
      hosts: {
        localhost: {
          ansible_connection: "local",
          ansible_become: false,
          ansible_python_interpreter: "{{ ansible_playbook_python }}",
        },
      },
      vars: {
        ansible_user: ssh.user,
        ansible_port: ssh.port,
        ansible_ssh_private_key_file: ssh.privateKeyFile,
        ansible_ssh_common_args: `-o IdentitiesOnly=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${ssh.knownHostsFile} -o GlobalKnownHostsFile=/dev/null`,
        ansible_become: true,
        endpoint: { fqdn: endpoint.fqdn, port: endpoint.port, ttl: endpoint.ttl, comment: recordComment },
        cloudflare_records_url: `${zone.apiUrl}/zones/${zone.id}/dns_records`,
        virtual_ip: { ...vip, advertInterval: vip.advertInterval ?? defaultAdvertInterval(vip.vrrpVersion) },
        kubernetes: kubernetesValues,
        cni_manifest: unsafe(cniManifest),
        encryption_file: files.encryptionFile,
        haproxy: haproxyValues(site),
        haproxy_drop_in: files.haproxyDropIn,
        keepalived_drop_in: files.keepalivedDropIn,
        haproxy_watch: unsafe(files.watch),
        datadog_url: datadogUrl,
        datadog: unsafe(datadogObjects(site)),
        datadog_agent: {
          container: agentContainer,
          image: datadog.agentImage,
          ...(datadog.agentMemory === undefined ? {} : { memory: datadog.agentMemory }),
          registryMirrors: datadog.registryMirrors,
          confD,
          listener: agentListener(site),
        },
      },
      children: {
        masters: hosts(masters),
        load_balancers: {
          hosts: Object.fromEntries(
            loadBalancers.map(({ name, address, priority }) => [
              name,
              { ansible_host: address, vrrp_priority: priority },
            ]),
          ),
        },
        monitors: hosts([monitor]),
      },
    },
  };
  const hidden = {
    cloudflare_api_token: secrets.cloudflareApiToken,
    datadog_api_key: secrets.datadogApiKey,
    datadog_app_key: secrets.datadogAppKey,
    ...(secrets.vrrpPassword === undefined ? {} : { vrrp_password: secrets.vrrpPassword }),
    datadog_agent_environment: files.agentEnvironment,
  };
  return { inventory: yaml(inventory), secrets: yaml(hidden) };
}

/** Marks a text that Ansible is not to read as a template: Datadog's and Grok's own braces are none. */
class Unsafe {
  constructor(readonly text: string) {}
}

function unsafe(value: unknown): unknown {
  if (typeof value === "string") {
    return value.includes("{") ? new Unsafe(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map(unsafe);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unsafe(inner)]))
    : value;
}

const unsafeTag = {
  tag: "!unsafe",
  identify: (value: unknown) => value instanceof Unsafe,
  resolve: (text: string) => text,
  stringify: ({ value }: { value: unknown }) => JSON.stringify((value as Unsafe).text),
};

const yaml = (value: unknown) =>
  stringify(value, { lineWidth: 0, customTags: [unsafeTag], aliasDuplicateObjects: false });
