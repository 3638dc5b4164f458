import * as pulumi from "@pulumi/pulumi";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Registered, record, withoutSecrets } from "../recorder";
import { file, hostKey, privateKey, root } from "../settings/stack";

// Previews the programs of examples/ under Pulumi's mocks. They import the components from `kube-control`.

afterEach(() => jest.restoreAllMocks());

const machines = (count: number, name: string, first: number) =>
  Array.from({ length: count }, (_, at) => ({ name: `${name}${at + 1}`, address: `192.0.2.${first + at}` }));
const knownHosts = Array.from({ length: 254 }, (_, at) => `192.0.2.${at + 1} ${hostKey}\n`).join("");

const login = () => ({
  user: "ops",
  privateKeyFile: file("id_ed25519", privateKey),
  knownHostsFile: file("known_hosts", knownHosts),
});
const loadBalancers = JSON.stringify(machines(2, "lb", 21));
const masters = machines(3, "k8s-master", 11);
const datadogKeys = { datadogApiKey: "canary-api", datadogAppKey: "canary-app" };
const repository = { url: "https://pkgs.example.com/", keyUrl: "https://pkgs.example.com/Release.key" };

/** The configuration of each example, as `pulumi config set` writes it. */
const configurations: Readonly<Record<string, () => Record<string, string>>> = {
  "haproxy-pair": () => ({ ...login(), virtualIp: "192.0.2.10", loadBalancers, apiServers: JSON.stringify(masters) }),
  "datadog-log-pipeline": () => datadogKeys,
  "whole-stack": () => ({
    ...login(),
    ...datadogKeys,
    fqdn: "kube-control.example.com",
    virtualIp: "192.0.2.10",
    loadBalancers,
    masters: JSON.stringify(masters),
    monitor: JSON.stringify({ name: "monitor", address: "192.0.2.60" }),
    zoneId: "6b63c0a1d4e54f0c8f3a2e9d7b105c36",
    cloudflareApiToken: "canary-cloudflare",
    version: "v1.37.2",
    repository: JSON.stringify(repository),
  }),
};

/** The resources that an example registers in a preview. */
async function previewed(example: string): Promise<Registered[]> {
  const texts = Object.entries(configurations[example]?.() ?? {}).map(([key, value]) => [`kube-control:${key}`, value]);
  const secrets = ["cloudflareApiToken", "datadogApiKey", "datadogAppKey"].map((key) => `kube-control:${key}`);
  const newResource = ({ inputs }: pulumi.runtime.MockResourceArgs) => ({ id: undefined, state: inputs as object });
  const { resources } = await record({ newResource, preview: true }, async () => {
    pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>, secrets);
    await jest.isolateModulesAsync(() => import(`../../examples/${example}/index`));
  });
  return [...resources];
}

test.each([
  ["haproxy-pair", ["HaproxyPair"], "api-lb1-keepalived"],
  ["datadog-log-pipeline", ["DatadogLogPipeline"], "front-door-monitor-silent"],
  [
    "whole-stack",
    [
      ...[
        "AgentTrust",
        "ControlPlane",
        "ControlPlaneWatch",
        "DatadogAgent",
        "DatadogLogPipeline",
        "DnsRecord",
        "DnsSwap",
      ],
      ...["EndpointReady", "HaproxyPair"],
    ],
    "dd-agent-container-monitor",
  ],
])("a preview of the example %s registers its components", async (example, components, step) => {
  const resources = await previewed(example);
  const made = resources.filter(({ type }) => type.startsWith("kube-control:index:"));
  expect(made.map(({ type }) => type.replace("kube-control:index:", "")).sort()).toEqual(components);
  expect(resources.map(({ name }) => name)).toContain(step);
  expect(JSON.stringify(withoutSecrets(resources.map(({ inputs }) => inputs as unknown)))).not.toContain("canary");
});

test.each(Object.keys(configurations))("the README of %s names each setting that the program requires", (example) => {
  const text = (name: string) => readFileSync(join(root, "examples", example, name), "utf8");
  const required = [...text("index.ts").matchAll(/config\.require\w*(?:<[^>]*>)?\("(\w+)"/g)].map(([, key]) => key);
  expect(required.length).toBeGreaterThan(0);
  expect(required.filter((key) => !text("README.md").includes(String(key)))).toEqual([]);
});
