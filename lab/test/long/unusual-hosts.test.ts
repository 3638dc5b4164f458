/** Hosts with unusual settings: harmful ones are findings before a change, harmless ones do not affect the stack. */
import { plainProgress } from "../../base/progress";
import { planLab, createHosts } from "../../commands/up";
import { ensureProject } from "../../stack/project";
import { idsAtDatadog } from "../e2e/datadog";
import {
  lab as labCommand,
  masters,
  checksMustPass,
  mustPulumi,
  onHost,
  place,
  pulumi,
  tryOnHost,
  unattended,
  virtualIp,
} from "../e2e/driver";
import { kubectl } from "../e2e/kubectl";

const report = () => undefined;
const minutes = 60_000;

describe("unusual hosts", () => {
  const lab = planLab(place);

  beforeAll(async () => {
    await ensureProject(place, await createHosts(lab, plainProgress(report)), lab.stack, report);
  }, 30 * minutes);
  afterAll(() => labCommand(["down"], 300), 6 * minutes);

  beforeAll(async () => {
    // harmless: a file system of its own for etcd, and a proxy that nothing answers at
    await onHost("k8s-master1", "mkdir -p -m 700 /var/lib/etcd/lost+found");
    const proxy = "https_proxy=http://192.0.2.1:3128 HTTPS_PROXY=http://192.0.2.1:3128";
    for (const host of masters) {
      await onHost(
        host,
        `mkdir -p /etc/systemd/system.conf.d
        printf '[Manager]\\nDefaultEnvironment=${proxy}\\n' >/etc/systemd/system.conf.d/proxy.conf
        systemctl daemon-reexec
        printf '%s\\n' ${proxy} >>/etc/environment
        echo 'Defaults env_keep += "https_proxy HTTPS_PROXY"' >/etc/sudoers.d/proxy`,
      );
    }
    // each of these is a finding
    await onHost("k8s-master2", "mkdir -p /etc/cni/net.d; echo '{}' >/etc/cni/net.d/05-old.conflist");
    await onHost("k8s-master3", "echo 'nameserver 127.0.0.1' >>/etc/resolv.conf");
    await onHost(
      "haproxy-lb1",
      `apt-get update -qq; DEBIAN_FRONTEND=noninteractive apt-get install -y -qq haproxy
      printf 'defaults\\n mode tcp\\n timeout client 1m\\n timeout server 1m\\n timeout connect 5s\\nlisten other\\n bind :8080\\n' >/etc/haproxy/haproxy.cfg
      systemctl restart haproxy`,
    );
    await onHost("nas", `ip address add ${virtualIp}/24 dev eth0`);
  }, 5 * minutes);

  test(
    "an up ends with every finding, and changes no host",
    async () => {
      const { code, stdout, stderr } = await pulumi(["up", ...unattended]);
      expect(code).not.toBe(0);
      for (const finding of [
        /k8s-master2: \/etc\/cni\/net\.d contains .*05-old\.conflist/,
        /k8s-master3: .*contains the name server 127\.0\.0\.1\./,
        /haproxy-lb1: its HAProxy is used for something else/,
        new RegExp(`another host in the network uses ${virtualIp.replaceAll(".", "\\.")}: .* MAC address`),
      ]) {
        expect(stdout + stderr).toMatch(finding);
      }
      expect(stdout + stderr).not.toMatch(/lost\+found|https_proxy/i);
      for (const host of ["k8s-master1", "haproxy-lb2", "monitor"] as const) {
        expect((await tryOnHost(host, "dpkg-query -W kubeadm keepalived docker.io 2>/dev/null")).stdout).not.toMatch(
          /\d/,
        );
      }
      expect(
        await onHost("haproxy-lb1", "systemctl is-active haproxy; grep -c 'bind :8080' /etc/haproxy/haproxy.cfg"),
      ).toBe("active\n1\n");
    },
    3 * minutes,
  );

  test(
    "after their correction, the same up builds the stack",
    async () => {
      await onHost("k8s-master2", "rm /etc/cni/net.d/05-old.conflist");
      await onHost("k8s-master3", "sed '/127.0.0.1/d' /etc/resolv.conf >/tmp/r; cat /tmp/r >/etc/resolv.conf");
      await onHost("haproxy-lb1", "systemctl disable --now haproxy");
      await onHost("nas", `ip address delete ${virtualIp}/24 dev eth0`);
      await mustPulumi(["up", ...unattended]);
      // the lab's own kubectl would use this proxy; the one for systemd's services stays
      for (const host of masters) await onHost(host, "sed -i /proxy/Id /etc/environment; rm /etc/sudoers.d/proxy");
      await checksMustPass(90);
    },
    20 * minutes,
  );

  test("kubelet does not see the proxy of systemd's environment", async () => {
    for (const host of masters) {
      const { stdout } = await tryOnHost(host, "tr '\\0' '\\n' </proc/$(pidof kubelet)/environ | grep -i proxy");
      expect(stdout).toBe("");
    }
  });

  test(
    "a load balancer that boots without HAProxy does not take the virtual IP",
    async () => {
      const held = (host: "haproxy-lb1" | "haproxy-lb2") => onHost(host, "ip -4 -o address show dev eth0");
      // as after a boot: /run holds nothing of HAProxy's
      await onHost(
        "haproxy-lb1",
        `systemctl stop keepalived haproxy-watch haproxy; systemctl mask --runtime haproxy; rm -f /run/haproxy.*
      systemctl start keepalived`,
      );
      await onHost("haproxy-lb2", "sleep 3");
      expect(await held("haproxy-lb1")).not.toContain(` ${virtualIp}/`);
      // without the other load balancer, it does not take it either
      await onHost("haproxy-lb2", "systemctl stop keepalived; sleep 3");
      expect(await held("haproxy-lb1")).not.toContain(` ${virtualIp}/`);
      await onHost("haproxy-lb2", "systemctl start keepalived");
      await onHost("haproxy-lb1", "systemctl unmask --runtime haproxy; systemctl start haproxy haproxy-watch");
      await checksMustPass(60);
    },
    5 * minutes,
  );

  test(
    "an up without its state adopts the existing stack",
    async () => {
      const seen = async () => ({
        nodes: await kubectl(["get", "nodes", "--output", "jsonpath={.items[*].metadata.uid}"]),
        datadog: await idsAtDatadog(),
      });
      const before = await seen();
      await mustPulumi(["stack", "rm", "dev", "--yes", "--force", "--preserve-config"]);
      await mustPulumi(["stack", "select", "--create", "dev"]);
      await mustPulumi(["up", ...unattended]);
      await checksMustPass(90);
      expect(await seen()).toEqual(before);
      await mustPulumi(["preview", "--expect-no-changes"]);
    },
    20 * minutes,
  );
});
