/** The programs of examples/: from the packed package in an empty project, and built in the lab. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parse, stringify } from "yaml";
import { type Place, placeOf } from "../../base/place";
import { run } from "../../base/process";
import { plainProgress } from "../../base/progress";
import { createHosts, planLab } from "../../commands/up";
import { ensureSecrets } from "../../hosts/secrets";
import { labWorkspace, type Workspace } from "../../pulumi/environment";
import type { Pulumi } from "../../pulumi/pulumi";
import { pulumiIn, upArguments } from "../../pulumi/pulumi-command";
import { lab as labCommand, root } from "../e2e/driver";

const report = () => undefined;
const minutes = 60_000;
type Example = "haproxy-pair" | "whole-stack";

let packed: string;
/** An empty project with an example, and the package installed from its tarball. */
function projectOf(example: Example | "datadog-log-pipeline"): string {
  return join(packed, example);
}

beforeAll(async () => {
  packed = mkdtempSync(join(tmpdir(), "kube-control-packed-"));
  await run("npm", ["pack", "--pack-destination", packed], { cwd: root });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  for (const example of ["haproxy-pair", "datadog-log-pipeline", "whole-stack"] as const) {
    const folder = projectOf(example);
    cpSync(join(root, "examples", example), folder, { recursive: true });
    const manifest = join(folder, "package.json");
    const text = readFileSync(manifest, "utf8");
    const asked = `"kube-control": "${version}"`;
    expect(text).toContain(asked);
    writeFileSync(manifest, text.replace(asked, `"kube-control": "file:../kube-control-${version}.tgz"`));
    const options = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
    await run("npm", ["install", ...options], { cwd: folder });
  }
}, 15 * minutes);

afterAll(() => rmSync(packed, { recursive: true, force: true }));

test.each(["haproxy-pair", "datadog-log-pipeline", "whole-stack"] as const)(
  "the example %s compiles against the packed package",
  async (example) => {
    const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--skipLibCheck"];
    await run("npx", ["tsc", ...options, "--types", "node", "index.ts"], { cwd: projectOf(example) });
  },
  10 * minutes,
);

describe("in the lab", () => {
  let place: Place;
  let lab: ReturnType<typeof planLab>;
  let pulumi: Pulumi;

  /** The value of a setting of the lab's stack `dev`. */
  const setting = (key: string) => parse(lab.stack.text).config[`kube-control:${key}`];

  /** The folder that Pulumi runs an example in, with its configuration. */
  async function workspaceOf(example: Example, config: Record<string, unknown>, secrets: Record<string, string>) {
    const { env } = labWorkspace(place, pulumi, example);
    const cwd = join(place.folder, `example-${example}`);
    mkdirSync(cwd, { recursive: true, mode: 0o700 });
    const folder = projectOf(example);
    const project = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")) as Record<string, unknown> & {
      plugins: { providers: { name: string; path: string }[] };
    };
    const providers = project.plugins.providers.map(({ name, path }) => ({
      name,
      path: relative(cwd, join(folder, path)),
    }));
    const main = relative(cwd, join(folder, "index.ts"));
    writeFileSync(join(cwd, "Pulumi.yaml"), stringify({ ...project, main, plugins: { providers } }));
    const keyed = Object.entries(config)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [`${example}:${key}`, value] as const);
    writeFileSync(join(cwd, `Pulumi.${example}.yaml`), stringify({ config: Object.fromEntries(keyed) }));
    const workspace: Workspace = { cwd, env };
    await pulumiIn(workspace, ["stack", "select", "--create", example]);
    for (const [key, value] of Object.entries(secrets)) {
      await pulumiIn(workspace, ["config", "set", "--secret", key], report, value);
    }
    return workspace;
  }

  const login = () => ({
    user: setting("ssh").user,
    privateKeyFile: join(root, setting("ssh").privateKeyFile),
    knownHostsFile: join(root, setting("ssh").knownHostsFile),
  });
  const named = (machines: readonly { name: string; address: string }[]) =>
    machines.map(({ name, address }) => ({ name, address }));

  beforeAll(async () => {
    place = placeOf(root);
    lab = planLab(place);
    pulumi = await createHosts(lab, plainProgress(report));
  }, 30 * minutes);

  afterAll(async () => {
    await labCommand(["down"], 300);
  }, 400_000);

  test(
    "HaproxyPair is built alone, has nothing to change, and is destroyed",
    async () => {
      const workspace = await workspaceOf(
        "haproxy-pair",
        {
          ...login(),
          virtualIp: setting("virtualIp").address,
          loadBalancers: named(setting("loadBalancers")),
          apiServers: named(setting("masters")),
        },
        {},
      );
      await pulumiIn(workspace, upArguments);
      expect((await pulumiIn(workspace, ["stack", "output", "virtualIp"])).trim()).toBe(setting("virtualIp").address);
      await pulumiIn(workspace, ["preview", "--expect-no-changes"]);
      await pulumiIn(workspace, ["destroy", "--yes", "--skip-preview"]);
    },
    15 * minutes,
  );

  test(
    "all components are built by another program, with outputs as addresses, and destroyed",
    async () => {
      const { version, repository, cni, kubelet, kubeProxy, containerd } = setting("kubernetes");
      const { fqdn, cloudflare } = setting("endpoint");
      const { apiUrl, logsUrl, registryMirrors } = setting("datadog");
      const { cloudflareApiToken, datadogApiKey, datadogAppKey } = ensureSecrets(place);
      const workspace = await workspaceOf(
        "whole-stack",
        {
          ...login(),
          ...{ version, repository, kubelet, kubeProxy, containerd, fqdn, apiUrl, logsUrl, registryMirrors },
          cni: { ...cni, manifest: join(root, cni.manifest) },
          zoneId: cloudflare.zoneId,
          cloudflareUrl: cloudflare.baseUrl,
          virtualIp: setting("virtualIp").address,
          masters: named(setting("masters")),
          loadBalancers: named(setting("loadBalancers")),
          monitor: setting("monitor"),
        },
        { cloudflareApiToken, datadogApiKey, datadogAppKey },
      );
      await pulumiIn(workspace, upArguments);
      expect((await pulumiIn(workspace, ["stack", "output", "endpoint"])).trim()).toBe(fqdn);
      expect(await pulumiIn(workspace, ["stack", "output", "status"])).toContain("qnap");
      await pulumiIn(workspace, ["preview", "--expect-no-changes"]);
      await pulumiIn(workspace, ["destroy", "--yes", "--skip-preview"]);
    },
    40 * minutes,
  );
});
