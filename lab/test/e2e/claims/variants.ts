import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { addresses, holders, journal, lab, labFile, checksMustPass, mustPulumi, onHost, pulumi, root } from "../driver";
import { unattended, virtualIp } from "../driver";
import { forgetKubeconfig, kubectl } from "../kubectl";
import { whereLong } from "../long";
import { expectRestored, restoreArchive } from "./backup";

const nameServed = () => onHost("ns1", "dig +short @127.0.0.1 kube-control.kacangisnuts.com");

/** Builds the stack with an RFC 2136 name server and VRRP version 2, on the hosts of a destroyed stack, from an archive. */
export function variants(noSecretShows: () => void): void {
  describe("RFC 2136 and VRRP version 2", () => {
    const file = join(root, ".lab/project/Pulumi.dev.yaml");
    let original = "";
    let cloudflareBefore = 0;
    const secrets = () => JSON.parse(labFile("secrets.json")) as { tsigSecret: string; vrrpPassword: string };

    beforeAll(async () => {
      original = readFileSync(file, "utf8");
      const { config, ...rest } = parse(original) as { config: Record<string, any> };
      const { cloudflare: _, ...endpoint } = config["kube-control:endpoint"];
      const rfc2136 = { server: addresses.ns1, zone: "kacangisnuts.com", keyName: "kube-control-lab" };
      config["kube-control:endpoint"] = { ...endpoint, provider: "rfc2136", rfc2136 };
      config["kube-control:virtualIp"].vrrpVersion = 2;
      delete config["kube-control:cloudflareApiToken"];
      writeFileSync(file, stringify({ ...rest, config }));
      await mustPulumi(["config", "set", "--secret", "kube-control:tsigSecret"], secrets().tsigSecret);
      await mustPulumi(["config", "set", "--secret", "kube-control:vrrpPassword"], secrets().vrrpPassword);
      cloudflareBefore = (await journal("cloudflare")).length;
    });

    test("up builds the stack on the hosts of a destroyed one, and the cluster from an archive", async () => {
      await restoreArchive();
      await mustPulumi(["up", ...unattended]);
      await checksMustPass(90);
      forgetKubeconfig();
      await expectRestored();
    }, 1_200_000);

    test("the name server returns the virtual IP, and Cloudflare is not called", async () => {
      expect(await nameServed()).toBe(`${virtualIp}\n`);
      expect((await journal("cloudflare")).length).toBe(cloudflareBefore);
    });

    test("keepalived.conf contains the password", async () => {
      // pass the password on standard input: on a command line, the test itself would leak it
      const lines = await onHost("haproxy-lb1", "grep -cFf - /etc/keepalived/keepalived.conf", secrets().vrrpPassword);
      expect(lines.trim()).toBe("1");
    });

    test("a preview expects no changes", async () => {
      expect((await pulumi(["preview", "--expect-no-changes", "--non-interactive"])).code).toBe(0);
    });

    noSecretShows();

    test("destroy removes the record", async () => {
      await mustPulumi(["destroy", ...unattended]);
      expect(await nameServed()).toBe("");
      writeFileSync(file, original);
    }, 1_200_000);
  });

  // the stack above was built on these hosts too, but with the Pulumi CLI
  whereLong(
    "`npm run lab` builds the stack again",
    async () => {
      expect((await lab([])).code).toBe(0);
      expect(await holders()).toHaveLength(1);
      forgetKubeconfig();
      expect(await kubectl(["get", "--raw", "/readyz"])).toBe("ok");
    },
    1_800_000,
  );
}
