import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Analyzer } from "@pulumi/pulumi/provider/experimental/analyzer";
import { root } from "../settings/stack";
import { componentNames } from "./components";

// Pulumi derives a package's schema from the types of its components, for programs in other languages.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-control-analyzer-"));
  const config = { extends: join(root, "tsconfig.json"), files: [join(root, "components/index.ts")], include: [] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("Pulumi's analyzer accepts every component, and finds only the public outputs", () => {
  const entry = { main: join(root, "components/index.ts") };
  const { components } = new Analyzer(folder, "kube-control", entry, new Set(componentNames)).analyze();
  const outputs = Object.entries(components).map(([name, component]) => [name, Object.keys(component.outputs).sort()]);
  expect(Object.fromEntries(outputs)).toEqual({
    AgentTrust: ["status"],
    ClusterBackup: ["copies"],
    ControlPlane: ["certificateAuthority", "kubeconfig"],
    ControlPlaneWatch: ["monitors"],
    DatadogAgent: ["status"],
    DatadogLogPipeline: ["dashboardUrl", "facets", "monitors", "pipelineId"],
    DnsRecord: ["fqdn", "recordId"],
    DnsSwap: ["address", "fqdn"],
    EndpointReady: ["virtualIp"],
    HaproxyPair: ["virtualIp"],
    VirtualIpRelease: ["virtualIp"],
  });
  // an address may be the output of a virtual machine
  expect(components["DnsRecord"]?.inputs["address"]?.plain).toBeUndefined();
  expect(components["DnsRecord"]?.inputs["fqdn"]?.plain).toBe(true);
});
