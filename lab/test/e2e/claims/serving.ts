import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { until } from "../../../base/process";
import { addresses, checksMustPass, holders, lab, loadBalancers, masters, onHost, printed } from "../driver";
import { kubectl } from "../kubectl";

/** Checks the cluster, the load balancers and the agent after the build. */
export function serving(): void {
  describe("the stack in service", () => {
    test("a Deployment runs on three nodes, and a pod reaches its Service by name", async () => {
      const manifest = readFileSync(join(__dirname, "../echo.yaml"), "utf8");
      await kubectl(["apply", "-f", "-"], manifest);
      await kubectl(["rollout", "status", "deployment/echo", "--timeout=120s"]);
      const pods = (
        await kubectl(["get", "pods", "-l", "app=echo", "-o", "jsonpath={.items[*].spec.nodeName}"])
      ).trim();
      expect(pods.split(" ").sort()).toEqual([...masters]);
      const answers = new Set<string>();
      for (let attempt = 0; attempt < 12; attempt++) {
        const pod = (await kubectl(["get", "pods", "-l", "app=echo", "-o", "name"])).split("\n")[attempt % 3] ?? "";
        answers.add(
          (await kubectl(["exec", pod, "--", "/echo", "get", "http://echo.default.svc.cluster.local"])).trim(),
        );
      }
      // each pod sent four requests to the Service: more than one pod answered, so packets cross the nodes
      expect(answers.size).toBeGreaterThan(1);
      await kubectl(["delete", "-f", "-", "--wait=true"], manifest);
    });

    test.each(masters)(
      "%s: kubelet serves with a certificate of the cluster's authority, and a timer renews certificates",
      async (host) => {
        const shown = await onHost(
          host,
          `openssl s_client -connect ${addresses[host]}:10250 -CAfile /etc/kubernetes/pki/ca.crt -verify_ip ${addresses[host]} -verify_return_error </dev/null 2>&1`,
        );
        expect(shown).toContain("Verify return code: 0 (ok)");
        expect(
          await onHost(host, "kube-control-certificates && systemctl is-active kube-control-certificates.timer"),
        ).toBe("active\n");
      },
    );

    test("one load balancer holds the virtual IP", async () => {
      expect(await holders()).toHaveLength(1);
    });

    test.each(loadBalancers)("%s: HAProxy and Keepalived accept their configurations", async (host) => {
      await onHost(
        host,
        "haproxy -c -q -f /etc/haproxy/haproxy.cfg && keepalived -t -f /etc/keepalived/keepalived.conf",
      );
    });

    test.each(loadBalancers)("%s: HAProxy has three servers up, checked by /readyz", async (host) => {
      const socket = (await onHost(host, "awk '/stats socket/ { print $3 }' /etc/haproxy/haproxy.cfg")).trim();
      const stat = await onHost(host, `echo 'show stat' | socat - UNIX-CONNECT:${socket.split("\n")[0]}`);
      // fields of HAProxy's CSV: 17 is the status, 36 the result of the last check (L7OK: the expected HTTP response), with the
      // prefix "* " while the next check runs
      const servers = (backend: string, ...fields: number[]) =>
        stat
          .split("\n")
          .map((line) => line.split(","))
          .filter(([proxy, server]) => proxy === backend && server?.startsWith("k8s-master"))
          .map((line) => [line[1], ...fields.map((field) => line[field]?.replace(/^\* /, ""))]);
      expect(servers("k8s-managers", 17)).toEqual(masters.map((master) => [master, "UP"]));
      expect(servers("k8s-managers-readyz", 17, 36)).toEqual(masters.map((master) => [master, "UP", "L7OK"]));
    });

    test("the agent listens for the NAS", async () => {
      const status = await onHost("monitor", "docker exec dd-agent agent status");
      expect(status).toMatch(/qnap\n\s*-+\n[\s\S]*Type: udp[\s\S]*Port: 15141[\s\S]*Status: OK/);
    });

    test("the status is ok, compares the hosts, and writes a file for a bug report", async () => {
      const folder = mkdtempSync(join(tmpdir(), "support-"));
      const file = join(folder, "report.tar.gz");
      // a static pod that kubelet has just restarted is not ready for some seconds
      const { code, stdout } = await until(
        () => lab(["status", "--bundle", file], 60),
        (status) => status.code === 0,
        { seconds: 60 },
      );
      expect([code, code === 0 ? "" : stdout]).toEqual([0, ""]);
      expect(stdout).toMatch(/ok +drift +no differences/);
      const report = gunzipSync(readFileSync(file)).toString("latin1");
      rmSync(folder, { recursive: true });
      for (const part of ["haproxy.cfg", "keepalived.conf", "status.json"]) expect(report).toContain(part);
      // searched for secrets with everything else that was printed
      printed.push(`the file for a bug report\n${report}`);
    }, 240_000);

    test("all checks of `npm run lab -- verify` pass, including a parsed line of the NAS", async () => {
      expect(await checksMustPass(0)).toMatch(/qnap-nas/);
    });
  });
}
