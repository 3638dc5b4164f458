import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { bridge, holders, journal, lab, masters, must, mustPulumi, onHost, recordWrites } from "../driver";
import { root, run, tryOnHost, unattended } from "../driver";

/** `pulumi destroy` removes everything that the program created, on the hosts and outside. */
export function destroyed(): void {
  describe("destroy", () => {
    test("ends without an error", async () => {
      await mustPulumi(["destroy", ...unattended]);
    }, 1_200_000);

    test("deletes the record and the pipeline", async () => {
      expect((await recordWrites()).at(-1)?.method).toBe("DELETE");
      expect(await onHost("ns1", "dig +short @127.0.0.1 kube-control.kacangisnuts.com || true")).toBe("");
      const pipelines = (await journal("datadog")).filter((c) => c.path.startsWith("/api/v1/logs/config/pipelines/"));
      expect(pipelines.at(-1)).toMatchObject({ method: "DELETE", status: 200 });
    });

    test("removes the agent's container and the virtual IP", async () => {
      expect(await onHost("monitor", "docker ps -aq")).toBe("");
      expect(await holders()).toEqual([]);
    });

    test("removes the name from the masters' /etc/hosts", async () => {
      for (const host of masters) {
        expect(await onHost(host, "cat /etc/hosts")).not.toContain("kube-control.kacangisnuts.com");
        expect((await tryOnHost(host, "ls /etc/systemd/system | grep kube-control-hosts")).stdout).toBe("");
      }
    });

    test("resets the masters: no certificates, no manifests, no packet filter rules", async () => {
      for (const host of masters) {
        expect((await tryOnHost(host, "test -e /etc/kubernetes/admin.conf")).code).not.toBe(0);
        expect((await tryOnHost(host, "ls -A /etc/kubernetes 2>/dev/null | grep -v '^manifests$'")).stdout).toBe("");
        expect(await onHost(host, "iptables-save; ip6tables-save")).not.toMatch(/KUBE|CNI|kube-control/i);
      }
    });
  });
}

/** `npm run lab -- down` leaves only the builds on the machine. */
export function removed(): void {
  describe("down", () => {
    test("removes the lab's containers, network, volumes and secrets", async () => {
      expect((await lab(["down"], 300)).code).toBe(0);
      expect(readdirSync("/sys/class/net")).not.toContain(bridge);
      expect(existsSync(join(root, ".lab/ssh"))).toBe(false);
      // if the lab started Docker, `down` stopped it
      if ((await run("docker", ["version"])).code === 0) {
        const label = `label=kube-control.lab=${root}`;
        for (const kind of ["container", "network", "volume"]) {
          const all = kind === "container" ? ["--all"] : [];
          expect(await must("docker", [kind, "ls", "--quiet", ...all, "--filter", label])).toBe("");
        }
      }
    });
  });
}
