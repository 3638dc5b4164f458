import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as driver from "./driver";
import { canariesIn, watchProcessLists } from "./canaries";
import { kubectl } from "./kubectl";

const { lab, pulumi, onHost, tryOnHost, journal, writes, must, masters, loadBalancers, virtualIp, addresses } = driver;

/** What a refresh or an `up` may ask of Cloudflare without changing anything. */
const recordWrites = async () =>
  writes(await journal("cloudflare")).map((call) => ({
    time: call.time,
    method: call.method,
    content: (call.request as { content?: string } | undefined)?.content,
    status: call.status,
  }));

const holders = async () => {
  const held: string[] = [];
  for (const host of loadBalancers) {
    if ((await onHost(host, "ip -4 -o address show")).includes(` ${virtualIp}/`)) held.push(host);
  }
  return held;
};

describe("the main job", () => {
  const seen = watchProcessLists();

  afterAll(() => seen.stop());

  test("one command raises the lab and builds everything", async () => {
    const { code } = await lab(["up"]);
    expect(code).toBe(0);
  }, 2_700_000);

  test("right after it, a preview expects no changes", async () => {
    const { code, stdout, stderr } = await pulumi(["preview", "--expect-no-changes", "--non-interactive"]);
    expect(`${stdout}${stderr}`).not.toMatch(/error:/);
    expect(code).toBe(0);
  });

  test("the record was born at master1 before kubeadm init, and moved to the virtual IP after the last join", async () => {
    const calls = await recordWrites();
    expect(calls.map(({ method, content, status }) => [method, content, status])).toEqual([
      ["POST", addresses["k8s-master1"], 200],
      ["PATCH", virtualIp, 200],
    ]);
    const [born, moved] = calls.map((call) => Date.parse(call.time));
    // kubeadm writes these files once: at the start of init, and at the end of a join
    const initBegan = Number(await onHost("k8s-master1", "stat -c %W /etc/kubernetes/pki/ca.crt")) * 1000;
    const lastJoined = Math.max(
      ...(await Promise.all(
        masters.map(async (host) => Number(await onHost(host, "stat -c %Y /etc/kubernetes/kubelet.conf")) * 1000),
      )),
    );
    expect(born).toBeLessThan(initBegan + 1000);
    expect(moved).toBeGreaterThan(lastJoined);
  });

  test("the name leads to the virtual IP on every host", async () => {
    for (const host of [...masters, ...loadBalancers, "monitor"] as const) {
      expect((await onHost(host, "getent ahostsv4 kube-control.kacangisnuts.com")).split(" ")[0]).toBe(virtualIp);
    }
  });

  test("through the name: three nodes Ready, three started etcd voters", async () => {
    const nodes = JSON.parse(await kubectl(["get", "nodes", "-o", "json"])) as {
      items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
    };
    const ready = nodes.items
      .filter((node) => node.status.conditions.some((c) => c.type === "Ready" && c.status === "True"))
      .map((node) => node.metadata.name);
    expect(ready.sort()).toEqual([...masters]);
    const members = JSON.parse(
      await kubectl([
        ..."-n kube-system exec etcd-k8s-master1 -- etcdctl --cacert /etc/kubernetes/pki/etcd/ca.crt".split(" "),
        ..."--cert /etc/kubernetes/pki/etcd/server.crt --key /etc/kubernetes/pki/etcd/server.key".split(" "),
        ..."member list -w json".split(" "),
      ]),
    ) as { members: { name: string; clientURLs?: string[]; isLearner?: boolean }[] };
    const voters = members.members.filter((m) => m.isLearner !== true && (m.clientURLs ?? []).length > 0);
    expect(voters.map((m) => m.name).sort()).toEqual([...masters]);
  });

  test("a Deployment runs on three nodes and its Service resolves by name from a pod", async () => {
    const manifest = readFileSync(join(__dirname, "echo.yaml"), "utf8");
    await kubectl(["apply", "-f", "-"], manifest);
    await kubectl(["rollout", "status", "deployment/echo", "--timeout=120s"]);
    const pods = (await kubectl(["get", "pods", "-l", "app=echo", "-o", "jsonpath={.items[*].spec.nodeName}"])).trim();
    expect(pods.split(" ").sort()).toEqual([...masters]);
    const answers = new Set<string>();
    for (let attempt = 0; attempt < 12; attempt++) {
      const pod = (await kubectl(["get", "pods", "-l", "app=echo", "-o", "name"])).split("\n")[attempt % 3] ?? "";
      answers.add((await kubectl(["exec", pod, "--", "/echo", "get", "http://echo.default.svc.cluster.local"])).trim());
    }
    // each pod asked through the Service four times: more than one of them answered, so packets cross the nodes
    expect(answers.size).toBeGreaterThan(1);
    await kubectl(["delete", "-f", "-", "--wait=true"], manifest);
  });

  test("one load balancer holds the virtual IP, both configurations pass, three servers are up by /readyz", async () => {
    expect(await holders()).toEqual(["haproxy-lb1"]);
    for (const host of loadBalancers) {
      await onHost(
        host,
        "haproxy -c -q -f /etc/haproxy/haproxy.cfg && keepalived -t -f /etc/keepalived/keepalived.conf",
      );
      const socket = (await onHost(host, "awk '/stats socket/ { print $3 }' /etc/haproxy/haproxy.cfg")).trim();
      const stat = await onHost(host, `echo 'show stat' | socat - UNIX-CONNECT:${socket.split("\n")[0]}`);
      const servers = stat
        .split("\n")
        .map((line) => line.split(","))
        .filter((fields) => fields[0] === "k8s-managers" && fields[1]?.startsWith("k8s-master"));
      // fields of HAProxy's CSV: 17 is the status, 36 what the last check said (L7OK: an HTTP answer as expected)
      expect(servers.map((fields) => [fields[1], fields[17], fields[36]])).toEqual(
        masters.map((master) => [master, "UP", "L7OK"]),
      );
    }
  });

  test("the agent's listener is OK, and a line of the NAS is found with its attributes", async () => {
    const status = await onHost("monitor", "docker exec dd-agent agent status");
    expect(status).toMatch(/qnap\n\s*-+\n[\s\S]*Type: udp[\s\S]*Port: 15141[\s\S]*Status: OK/);
    const { code, stdout } = await lab(["status"], 120);
    expect(code).toBe(0);
    expect(stdout).toMatch(/qnap-nas/);
  });

  test("a second `npm run lab` changes nothing", async () => {
    const before = [await recordWrites(), writes(await journal("datadog"))] as const;
    const { code } = await lab(["up"]);
    expect(code).toBe(0);
    expect(await recordWrites()).toEqual(before[0]);
    const after = writes(await journal("datadog")).filter((call) => call.path.includes("/config/"));
    expect(after).toEqual(before[1].filter((call) => call.path.includes("/config/")));
  }, 900_000);

  test("a changed TTL never sends the old address", async () => {
    const before = await recordWrites();
    const config = ["--config-file", ".lab/Pulumi.dev.yaml"];
    const path = "kube-control:endpoint.ttl";
    const old = (
      await must("npm", ["run", "--silent", "pulumi", "--", "config", "get", "--path", path, ...config])
    ).trim();
    try {
      await must("npm", ["run", "--silent", "pulumi", "--", "config", "set", "--path", path, "120", ...config]);
      await must("npm", ["run", "--silent", "pulumi", "--", "up", "--yes", "--skip-preview", "--non-interactive"], {
        seconds: 600,
      });
      await must("npm", ["run", "--silent", "pulumi", "--", "refresh", "--yes", "--non-interactive"], { seconds: 600 });
    } finally {
      await must("npm", ["run", "--silent", "pulumi", "--", "config", "set", "--path", path, old, ...config]);
      await must("npm", ["run", "--silent", "pulumi", "--", "up", "--yes", "--skip-preview", "--non-interactive"], {
        seconds: 600,
      });
    }
    const since = (await recordWrites()).slice(before.length);
    expect(since.length).toBeGreaterThan(0);
    for (const call of since) expect([undefined, virtualIp]).toContain(call.content);
  }, 1_800_000);

  test("no secret stands in plain text anywhere", async () => {
    expect(await canariesIn(seen)).toEqual([]);
  });

  test("destroy leaves nothing behind", async () => {
    const { code, stdout, stderr } = await pulumi(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
    if (code !== 0) throw new Error(`${stdout}${stderr}`.slice(-6000));
    expect((await recordWrites()).at(-1)?.method).toBe("DELETE");
    expect(await onHost("ns1", "dig +short @127.0.0.1 kube-control.kacangisnuts.com || true")).toBe("");
    const pipelines = (await journal("datadog")).filter((c) => c.path.startsWith("/api/v1/logs/config/pipelines/"));
    expect(pipelines.at(-1)).toMatchObject({ method: "DELETE", status: 200 });
    expect(await onHost("monitor", "docker ps -aq")).toBe("");
    expect(await holders()).toEqual([]);
    for (const host of masters) {
      expect((await tryOnHost(host, "test -e /etc/kubernetes/admin.conf")).code).not.toBe(0);
      expect((await tryOnHost(host, "ls -A /etc/kubernetes 2>/dev/null | grep -v '^manifests$'")).stdout).toBe("");
      expect(await onHost(host, "iptables-save; ip6tables-save")).not.toMatch(/KUBE|CNI|kube-control/i);
    }
  }, 1_200_000);

  test("and the same command builds it all again", async () => {
    const { code } = await lab(["up"]);
    expect(code).toBe(0);
    expect(await holders()).toEqual(["haproxy-lb1"]);
    expect(await kubectl(["get", "--raw", "/readyz"])).toBe("ok");
  }, 1_800_000);

  test("down removes the lab's containers and network", async () => {
    const { code } = await lab(["down"], 300);
    expect(code).toBe(0);
    const label = `label=kube-control.lab=${driver.root}`;
    expect(await must("docker", ["ps", "-aq", "--filter", label])).toBe("");
    expect(await must("docker", ["network", "ls", "-q", "--filter", label])).toBe("");
  });
});
