import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { usualBound } from "../../drill/faults/fault";
import type { Trial } from "../../drill/trial";
import * as driver from "./driver";
import { canariesIn, watchProcessLists } from "./canaries";
import { forgetKubeconfig, kubectl } from "./kubectl";
import { counted, eventually, monitorState, search, top } from "./logs";

const {
  lab,
  run,
  pulumi,
  onHost,
  tryOnHost,
  journal,
  writes,
  must,
  masters,
  loadBalancers,
  virtualIp,
  addresses,
  labFile,
} = driver;

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

const nas = async (...args: string[]) => {
  expect((await lab(["nas", ...args], 60)).code).toBe(0);
};

/** In `npm run test:long` only. */
const whereLong = process.env["KUBE_CONTROL_LONG"] === "1" ? test : test.skip;

describe("the main job", () => {
  const seen = watchProcessLists();

  afterAll(() => seen.stop());

  test("one command raises the lab and builds everything", async () => {
    // what a former run may have left would be found instead of made
    expect((await lab(["down"], 300)).code).toBe(0);
    const { code } = await lab([]);
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
    expect(await holders()).toHaveLength(1);
    for (const host of loadBalancers) {
      await onHost(
        host,
        "haproxy -c -q -f /etc/haproxy/haproxy.cfg && keepalived -t -f /etc/keepalived/keepalived.conf",
      );
      const socket = (await onHost(host, "awk '/stats socket/ { print $3 }' /etc/haproxy/haproxy.cfg")).trim();
      const stat = await onHost(host, `echo 'show stat' | socat - UNIX-CONNECT:${socket.split("\n")[0]}`);
      // fields of HAProxy's CSV: 17 is the status, 36 what the last check said (L7OK: an HTTP answer as expected), after
      // "* " while the next one is under way
      const servers = (backend: string, ...fields: number[]) =>
        stat
          .split("\n")
          .map((line) => line.split(","))
          .filter(([proxy, server]) => proxy === backend && server?.startsWith("k8s-master"))
          .map((line) => [line[1], ...fields.map((field) => line[field]?.replace(/^\* /, ""))]);
      expect(servers("k8s-managers", 17)).toEqual(masters.map((master) => [master, "UP"]));
      expect(servers("k8s-managers-readyz", 17, 36)).toEqual(masters.map((master) => [master, "UP", "L7OK"]));
    }
  });

  test("the agent's listener is OK, and a line of the NAS is found with its attributes", async () => {
    const status = await onHost("monitor", "docker exec dd-agent agent status");
    expect(status).toMatch(/qnap\n\s*-+\n[\s\S]*Type: udp[\s\S]*Port: 15141[\s\S]*Status: OK/);
    const { code, stdout } = await lab(["status"], 120);
    expect(code).toBe(0);
    expect(stdout).toMatch(/qnap-nas/);
  });

  test("what the logs tell: attributes, a user's lines, the top action, the monitor of failed logins", async () => {
    await nas("rate", "600");
    const lines = await eventually(
      () => search("service:qnap-nas @connection_type:*"),
      (found) => found.length >= 60,
      90,
    );
    expect(lines.length).toBeGreaterThanOrEqual(60);
    for (const { attributes } of lines) {
      for (const facet of ["action", "connection_type", "host", "source_ip", "user"]) {
        expect(attributes).toHaveProperty(facet);
      }
    }
    // `---` where the NAS does not know it is no name
    expect(lines.some(({ attributes }) => "computer_name" in attributes)).toBe(true);
    expect(lines.map(({ attributes }) => attributes["computer_name"])).not.toContain("---");
    const admins = await search("service:qnap-nas @user:admin");
    expect(admins.length).toBeGreaterThan(0);
    expect(new Set(admins.map(({ attributes }) => attributes["user"]))).toEqual(new Set(["admin"]));
    expect((await top("service:qnap-nas", "@action"))[0]?.[0]).toBe("Read");
    const explorer = await lab(["explorer"], 60);
    expect(explorer.code).toBe(0);
    for (const facet of ["action", "computer_name", "connection_type", "host", "source_ip", "user"]) {
      expect(explorer.stdout).toMatch(new RegExp(`^  @${facet} +\\d+  \\S.* \\(\\d+\\)`, "m"));
    }
    expect(explorer.stdout).toMatch(/^Top actions\n +\d+ {2}#{20} {2}Read$/m);

    // the same of a NAS that writes the other RFC's lines
    await nas("format", "rfc5424");
    const ofOther = await eventually(
      async () =>
        (await search("service:qnap-nas @connection_type:*")).filter(({ message }) => /^<\d+>1 /.test(message)),
      (found) => found.length > 0,
      30,
    );
    expect(ofOther[0]?.attributes).toMatchObject({ process_name: "qulogd", process_id: expect.any(Number) as number });
    await nas("format", "rfc3164");

    await nas("burst", "failed-logins", "20");
    const failed = () => monitorState("failed-logins");
    expect(await eventually(failed, (state) => state === "Alert", 60)).toBe("Alert");

    // each line of its own, sent at once: what is lost on the way, and how long the way is
    const mark = `loss_${Date.now()}`;
    const sent = 200;
    const text = (i: number) =>
      `<30>{date} {host} qulogd[14629]: conn log: Users: ${mark}_${i}, Source IP: 192.168.2.101, Computer name: ---, ` +
      "Connection type: SAMBA, Accessed resources: Multimedia/a, Action: Read";
    const begin = Date.now();
    const all = Array.from({ length: sent }, (_, i) => text(i)).join("\n");
    await onHost("nas", "node /opt/kube-control-lab/nas.js send - >/dev/null", all);
    const found = await eventually(
      () => search(`service:qnap-nas @user:${mark}_*`, 1000),
      ({ length }) => length === sent,
      30,
    );
    console.log(
      `${sent - found.length} of ${sent} datagrams lost; the last was found ${Date.now() - begin} ms after the first was sent`,
    );
    expect(found.length).toBeGreaterThanOrEqual(0.99 * sent);

    // what was counted by action is what was sent, and what is found
    const user = `metric_${Date.now()}`;
    const acts = ["Read", "Read", "Read", "Write", "Login Fail"];
    const did = (action: string) => text(0).replace(`${mark}_0`, user).replace(/Read$/, action);
    await onHost("nas", "node /opt/kube-control-lab/nas.js send - >/dev/null", acts.map(did).join("\n"));
    const counts = await eventually(
      () => counted(`sum:qnap_nas.actions{user:${user}} by {action}.as_count()`),
      (seen) => Object.values(seen).reduce((sum, count) => sum + count, 0) === acts.length,
      30,
    );
    expect(counts).toEqual({ "action:read": 3, "action:write": 1, "action:login_fail": 1 });
    const tops = await top(`service:qnap-nas @user:${user}`, "@action");
    expect(Object.fromEntries(tops)).toEqual({ Read: 3, Write: 1, "Login Fail": 1 });
  });

  test("a HAProxy that is killed, a load balancer that is cut off, a leader that loses its power: no write is lost, and all is whole again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "drill-"));
    const file = join(folder, "seen.json");
    const drills = ["haproxy-killed", "holder-cut", "leader-killed"];
    // its monitor waits for minutes: the drills take that time anyway (the next test)
    await nas("silence", "on");
    await must("npm", ["run", "--silent", "drill", "--", ...drills, "--json", file], { seconds: 900, echo: true });
    const trials = JSON.parse(readFileSync(file, "utf8")) as Trial[];
    expect(trials.map(({ fault, lost }) => [fault, lost])).toEqual(drills.map((fault) => [fault, 0]));
    rmSync(folder, { recursive: true });
    // the drill fails as well where one lasts longer; measured are 0.05 to 0.16 s
    for (const { during, after } of trials) {
      expect(Math.max(during.connect.blackout, after?.connect.blackout ?? 0)).toBeLessThan(usualBound);
    }
    for (const { during } of trials) expect(during.write.attempts).toBeGreaterThan(50);
    // the virtual IP went to the other load balancer
    for (const { during } of trials.slice(0, 2)) expect(during.moves).toBeGreaterThan(0);
    expect(await holders()).toHaveLength(1);
  });

  test("a NAS that is silent raises an alert, and its next line ends it", async () => {
    const silent = () => monitorState("silent");
    expect(await eventually(silent, (state) => state === "Alert", 240)).toBe("Alert");
    await nas("silence", "off");
    expect(await eventually(silent, (state) => state === "OK", 60)).toBe("OK");
    await nas("rate", "30");
    // the pods of a master that was just started again are not Ready at once
    const status = async () => (await lab(["status"])).code;
    expect(await eventually(status, (code) => code === 0, 120)).toBe(0);
  });

  test("a second `npm run lab` changes nothing", async () => {
    const before = [await recordWrites(), writes(await journal("datadog"))] as const;
    const { code } = await lab([]);
    expect(code).toBe(0);
    expect(await recordWrites()).toEqual(before[0]);
    const after = writes(await journal("datadog")).filter((call) => call.path.includes("/config/"));
    expect(after).toEqual(before[1].filter((call) => call.path.includes("/config/")));
  }, 900_000);

  test("a bad configuration is refused at preview, all its mistakes at once, and no host is dialled", async () => {
    const { config, ...rest } = parse(labFile("project/Pulumi.dev.yaml")) as { config: Record<string, any> };
    const spoilt = structuredClone(config);
    spoilt["kube-control:masters"].pop();
    spoilt["kube-control:loadBalancers"][1].priority = 250;
    spoilt["kube-control:virtualIp"] = { address: "10.9.9.9", prefixLength: 24, routerId: 256 };
    spoilt["kube-control:kubernetes"].version = "1.34";
    spoilt["kube-control:nas"].prot = 15141;
    spoilt["kube-control:datadogApiKey"] = "plain-text-canary";
    const file = join(mkdtempSync(join(tmpdir(), "kube-control-bad-")), "Pulumi.dev.yaml");
    writeFileSync(file, stringify({ ...rest, config: spoilt }));
    const logins = async () => {
      const counted = [];
      for (const host of [...masters, ...loadBalancers, "monitor"] as const) {
        counted.push(
          Number(await onHost(host, "journalctl --sync; journalctl -u ssh -o cat --no-pager | grep -c '^Accepted '")),
        );
      }
      return counted;
    };
    const calls = async () => [(await journal("cloudflare")).length, (await journal("datadog")).length];
    const before = [await logins(), await calls()] as const;
    const { code, stdout, stderr } = await pulumi(["preview", "--non-interactive", "--config-file", file]);
    // asking has logged in once itself
    expect(await logins()).toEqual(before[0].map((count) => count + 1));
    expect(await calls()).toEqual(before[1]);
    expect(code).not.toBe(0);
    const said = `${stdout}${stderr}`;
    for (const mistake of [
      "kube-control:masters",
      "kube-control:loadBalancers[1].priority",
      "kube-control:virtualIp.address",
      "kube-control:virtualIp.routerId",
      "kube-control:kubernetes.version",
      "kube-control:nas.prot",
      "kube-control:datadogApiKey",
    ]) {
      expect(said).toContain(mistake);
    }
    expect(said).toContain("Write kube-control:nas.port");
    expect(said).not.toContain("plain-text-canary");
    expect(said).not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
    rmSync(dirname(file), { recursive: true });
  });

  test("a change that would wipe the cluster is refused at preview, with what works instead", async () => {
    const { config, ...rest } = parse(labFile("project/Pulumi.dev.yaml")) as { config: Record<string, any> };
    // the names of two masters swapped, and another endpoint
    const [first, second] = config["kube-control:masters"];
    [first.name, second.name] = [second.name, first.name];
    config["kube-control:endpoint"].fqdn = "other.kacangisnuts.com";
    const file = join(mkdtempSync(join(tmpdir(), "kube-control-refused-")), "Pulumi.dev.yaml");
    writeFileSync(file, stringify({ ...rest, config }));
    const { code, stdout, stderr } = await pulumi(["preview", "--non-interactive", "--config-file", file]);
    rmSync(dirname(file), { recursive: true });
    expect(code).not.toBe(0);
    const said = `${stdout}${stderr}`;
    expect(said).toMatch(/kube-control:endpoint\.fqdn: this change is refused/);
    expect(said).toMatch(/kube-control:masters[^:]*: this change is refused/);
    expect(said).toMatch(/KUBE_CONTROL_CONFIRM=[0-9a-f]+ pulumi up/);
  });

  test("a changed TTL never sends the old address", async () => {
    const before = await recordWrites();
    const path = "kube-control:endpoint.ttl";
    const old = (await must("npm", ["run", "--silent", "pulumi", "--", "config", "get", "--path", path])).trim();
    try {
      await must("npm", ["run", "--silent", "pulumi", "--", "config", "set", "--path", path, "120"]);
      await must("npm", ["run", "--silent", "pulumi", "--", "up", "--yes", "--skip-preview", "--non-interactive"], {
        seconds: 600,
      });
      await must("npm", ["run", "--silent", "pulumi", "--", "refresh", "--yes", "--non-interactive"], { seconds: 600 });
    } finally {
      await must("npm", ["run", "--silent", "pulumi", "--", "config", "set", "--path", path, old]);
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

  test("the other ways: an RFC 2136 name server, and VRRP version 2 with its password", async () => {
    const set = async (args: readonly string[], input = "") => {
      await must("npm", ["run", "--silent", "pulumi", "--", "config", "set", ...args], { input });
    };
    const secrets = JSON.parse(labFile("secrets.json")) as { tsigSecret: string; vrrpPassword: string };
    const file = join(driver.root, ".lab/project/Pulumi.dev.yaml");
    const asItWas = readFileSync(file, "utf8");
    const { config, ...rest } = parse(asItWas) as { config: Record<string, any> };
    const { cloudflare: _, ...endpoint } = config["kube-control:endpoint"];
    const rfc2136 = { server: addresses.ns1, zone: "kacangisnuts.com", keyName: "kube-control-lab" };
    config["kube-control:endpoint"] = { ...endpoint, provider: "rfc2136", rfc2136 };
    config["kube-control:virtualIp"].vrrpVersion = 2;
    delete config["kube-control:cloudflareApiToken"];
    writeFileSync(file, stringify({ ...rest, config }));
    await set(["--secret", "kube-control:tsigSecret"], secrets.tsigSecret);
    await set(["--secret", "kube-control:vrrpPassword"], secrets.vrrpPassword);
    const cloudflareBefore = (await journal("cloudflare")).length;
    const yes = ["--yes", "--skip-preview", "--non-interactive"];

    const up = await pulumi(["up", ...yes]);
    if (up.code !== 0) throw new Error(`${up.stdout}${up.stderr}`.slice(-6000));
    expect((await journal("cloudflare")).length).toBe(cloudflareBefore);
    expect(await onHost("ns1", "dig +short @127.0.0.1 kube-control.kacangisnuts.com")).toBe(`${virtualIp}\n`);
    // printing it would be a leak of the test's own
    const lines = await onHost("haproxy-lb1", "grep -cFf - /etc/keepalived/keepalived.conf", secrets.vrrpPassword);
    expect(lines.trim()).toBe("1");
    expect((await lab(["status"], 120)).code).toBe(0);
    forgetKubeconfig();
    expect((await pulumi(["preview", "--expect-no-changes", "--non-interactive"])).code).toBe(0);
    expect(await canariesIn(seen)).toEqual([]);

    const destroy = await pulumi(["destroy", ...yes]);
    if (destroy.code !== 0) throw new Error(`${destroy.stdout}${destroy.stderr}`.slice(-6000));
    expect(await onHost("ns1", "dig +short @127.0.0.1 kube-control.kacangisnuts.com")).toBe("");
    writeFileSync(file, asItWas);
  }, 1_200_000);

  // the test before has built and destroyed the stack on these hosts too, but by Pulumi's own command
  whereLong(
    "and the same command builds it all again",
    async () => {
      const { code } = await lab([]);
      expect(code).toBe(0);
      expect(await holders()).toHaveLength(1);
      forgetKubeconfig();
      expect(await kubectl(["get", "--raw", "/readyz"])).toBe("ok");
    },
    1_800_000,
  );

  test("down removes the lab's containers, network, volumes and secrets", async () => {
    const { code } = await lab(["down"], 300);
    expect(code).toBe(0);
    expect(readdirSync("/sys/class/net")).not.toContain(driver.bridge);
    expect(existsSync(join(driver.root, ".lab/ssh"))).toBe(false);
    // a Docker that the lab has started is gone as well
    if ((await run("docker", ["version"])).code === 0) {
      const label = `label=kube-control.lab=${driver.root}`;
      for (const kind of ["container", "network", "volume"]) {
        const all = kind === "container" ? ["--all"] : [];
        expect(await must("docker", [kind, "ls", "--quiet", ...all, "--filter", label])).toBe("");
      }
    }
  });
});
