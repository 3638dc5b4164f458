import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type Finished, journal, labFile, loadBalancers, masters, onHost, pulumi } from "../driver";

/** Previews the lab's stack with a changed configuration, without a change of its settings file. */
async function previewWith(change: (config: Record<string, any>) => void): Promise<Finished> {
  const { config, ...rest } = parse(labFile("project/Pulumi.dev.yaml")) as { config: Record<string, any> };
  change(config);
  const folder = mkdtempSync(join(tmpdir(), "kube-control-preview-"));
  const file = join(folder, "Pulumi.dev.yaml");
  writeFileSync(file, stringify({ ...rest, config }));
  try {
    return await pulumi(["preview", "--non-interactive", "--config-file", file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The number of SSH logins on each host so far. */
async function logins(): Promise<number[]> {
  const counts: number[] = [];
  for (const host of [...masters, ...loadBalancers, "monitor"] as const) {
    const line = "journalctl --sync; journalctl -u ssh -o cat --no-pager | grep -c '^Accepted '";
    counts.push(Number(await onHost(host, line)));
  }
  return counts;
}

const vendorCalls = async () => [(await journal("cloudflare")).length, (await journal("datadog")).length];

/** Changes that a preview refuses before it dials a host. */
export function refusals(): void {
  describe("refusals", () => {
    let refused: Finished;
    const said = () => `${refused.stdout}${refused.stderr}`;

    test("a preview of an invalid configuration fails, and calls no host and no vendor", async () => {
      const before = [await logins(), await vendorCalls()] as const;
      refused = await previewWith((config) => {
        config["kube-control:masters"].pop();
        config["kube-control:loadBalancers"][1].priority = 250;
        config["kube-control:virtualIp"] = { address: "10.9.9.9", prefixLength: 24, routerId: 256 };
        config["kube-control:kubernetes"].version = "1.34";
        config["kube-control:nas"].prot = 15141;
        config["kube-control:datadogApiKey"] = "plain-text-canary";
      });
      // the count itself logs in once
      expect(await logins()).toEqual(before[0].map((count) => count + 1));
      expect(await vendorCalls()).toEqual(before[1]);
      expect(refused.code).not.toBe(0);
    });

    test("its output names all mistakes, no secret and no line of code", () => {
      for (const mistake of [
        "kube-control:masters",
        "kube-control:loadBalancers[1].priority",
        "kube-control:virtualIp.address",
        "kube-control:virtualIp.routerId",
        "kube-control:kubernetes.version",
        "kube-control:nas.prot",
        "kube-control:datadogApiKey",
      ]) {
        expect(said()).toContain(mistake);
      }
      expect(said()).toContain("Write kube-control:nas.port");
      expect(said()).not.toContain("plain-text-canary");
      expect(said()).not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
    });

    test("a change that would destroy the cluster is refused with a remedy", async () => {
      refused = await previewWith((config) => {
        const [first, second] = config["kube-control:masters"];
        [first.name, second.name] = [second.name, first.name];
        config["kube-control:endpoint"].fqdn = "other.kacangisnuts.com";
      });
      expect(refused.code).not.toBe(0);
      expect(said()).toMatch(/kube-control:endpoint\.fqdn: this change is refused/);
      expect(said()).toMatch(/kube-control:masters[^:]*: this change is refused/);
      expect(said()).toMatch(/KUBE_CONTROL_CONFIRM=[0-9a-f]+ pulumi up/);
    });
  });
}
