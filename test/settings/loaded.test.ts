import { readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { defaults } from "../../components/haproxy-pair/defaults";
import { loadSettings } from "../../settings";
import { stackShape } from "../../settings/schema";
import { asTexts, committed, file, goodStack, hostKey, knownHosts, load, mistakesOf, privateKey, root } from "./stack";

const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));

beforeAll(() =>
  pulumi.runtime.setMocks(
    { newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) },
    "kube-control",
    "prod",
  ),
);

describe("the committed stacks", () => {
  it("dev loads with the addresses of the lab", () => {
    const settings = load(committed("dev"));
    expect(settings.masters.map(({ name, address }) => `${name} ${address}`)).toEqual([
      "k8s-master1 192.168.2.151",
      "k8s-master2 192.168.2.152",
      "k8s-master3 192.168.2.153",
    ]);
    expect(settings.loadBalancers.map(({ name, priority }) => [name, priority])).toEqual([
      ["haproxy-lb1", 250],
      ["haproxy-lb2", 240],
    ]);
    expect(settings.virtualIp).toEqual({
      address: "192.168.2.140",
      prefixLength: 24,
      routerId: 33,
      vrrpVersion: 3,
      preempt: false,
    });
    expect(settings.kubernetes.repository).toEqual({
      url: "http://192.168.2.10/kubernetes",
      keyUrl: "http://192.168.2.10/kubernetes/Release.key",
    });
    expect(isAbsolute(settings.kubernetes.cni.manifest ?? "")).toBe(true);
    expect(settings.nas).toMatchObject({ port: 15141, service: "qnap-nas", source: "qnap", timezone: "UTC" });
    expect(settings.nas).toMatchObject({ failedLogins: 5, silentMinutes: 2 });
    expect(settings.datadog.notify).toEqual([]);
  });

  it("prod is refused only for its missing zone id and secrets", () => {
    const stack = committed("prod");
    for (const name of ["cloudflareApiToken", "datadogApiKey", "datadogAppKey"]) {
      delete stack[name];
    }
    expect(mistakesOf(stack).map(({ key }) => key)).toEqual([
      "kube-control:endpoint.cloudflare.zoneId",
      "kube-control:cloudflareApiToken",
      "kube-control:datadogApiKey",
      "kube-control:datadogAppKey",
    ]);
  });

  it("prod with zone id and secrets loads, and uses the public repositories", () => {
    const { kubernetes, datadog } = load(goodStack());
    expect(kubernetes.repository).toEqual({
      url: "https://pkgs.k8s.io/core:/stable:/v1.37/deb/",
      keyUrl: "https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key",
      keyFingerprint: "DE15B14486CD377B9E876E1A234654DA9A296436",
    });
    expect(kubernetes).toMatchObject({
      imageRepository: "registry.k8s.io",
      encryptionAtRest: true,
      cni: { name: "flannel" },
      etcd: { heartbeatInterval: 50, electionTimeout: 300 },
      shutdownDelay: 2,
    });
    expect(datadog).toMatchObject({ site: "datadoghq.com", agentImage: "datadog/agent:7", registryMirrors: [] });
  });
});

describe("loaded settings", () => {
  it("contain each secret as a Pulumi secret", async () => {
    const { endpoint, datadog, masters } = load(goodStack());
    const secrets = [endpoint.cloudflare?.apiToken, datadog.apiKey, datadog.appKey, masters[0].ssh.privateKey];
    for (const secret of secrets) {
      expect(await pulumi.isSecret(secret as pulumi.Output<string>)).toBe(true);
    }
    expect(await value(datadog.apiKey)).toBe("canary-api");
    expect(await value(masters[0].ssh.privateKey as pulumi.Output<string>)).toBe(privateKey);
  });

  it("accept decided kubelet fields with their fixed values, and other fields unchanged", () => {
    const stack = goodStack();
    const kubelet = {
      ...{ cgroupDriver: "systemd", clusterDomain: "cluster.local", serverTLSBootstrap: true, address: "0.0.0.0" },
      ...{ clusterDNS: ["169.254.20.10"], resolvConf: "/etc/kubelet-resolv.conf", maxPods: 200 },
      ...{ authentication: { anonymous: { enabled: false } }, failSwapOn: false },
    };
    const kubeProxy = { mode: "nftables", clusterCIDR: "10.244.0.0/16", metricsBindAddress: "0.0.0.0:10249" };
    stack["kubernetes"] = { ...stack["kubernetes"], kubelet, kubeProxy };
    expect(load(stack).kubernetes).toMatchObject({ kubelet, kubeProxy });
  });

  it("make the paths of the API servers' files absolute, and omit additions that are not set", () => {
    const stack = goodStack();
    for (const name of ["apiServer", "controllerManager", "scheduler", "certificateNames", "encryptionKeyGeneration"]) {
      expect(load(stack).kubernetes).not.toHaveProperty(name);
    }
    expect(load(stack).kubernetes.etcd).toEqual({ heartbeatInterval: 50, electionTimeout: 300 });
    const policy = file("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n");
    stack["kubernetes"].apiServer = { audit: { enabled: true, policy: relative(process.cwd(), policy) } };
    expect(load(stack).kubernetes.apiServer?.audit).toEqual({
      enabled: true,
      policy,
      log: { path: "/var/log/kubernetes/audit/audit.log", maxAgeDays: 30, maxBackups: 10, maxSizeMB: 100 },
    });
  });

  it("accept each Datadog site, the NAS's address, and an agent image with a digest", () => {
    for (const site of ["us2.ddog-gov.com", "ddog-gov.com", "uk1.datadoghq.com", "ap2.datadoghq.com", "datadoghq.eu"]) {
      const stack = goodStack();
      stack["datadog"].site = site;
      expect(load(stack).datadog.site).toBe(site);
    }
    const stack = goodStack();
    stack["datadog"].agentImage = `datadog/agent@sha256:${"0123456789abcdef".repeat(4)}`;
    stack["nas"].address = "192.168.2.99";
    expect(load(stack)).toMatchObject({
      datadog: { agentImage: stack["datadog"].agentImage },
      nas: { address: "192.168.2.99" },
    });
    delete stack["nas"].address;
    expect(load(stack).nas.address).toBeUndefined();
  });

  it("contain each host's own key from known_hosts", () => {
    const stack = goodStack();
    const other = hostKey.replace(/exam$/i, "BBBB");
    stack["ssh"].knownHostsFile = file(
      "pins",
      knownHosts.replace(`192.168.2.152 ${hostKey}`, `192.168.2.152 ${other}`),
    );
    const { masters } = load(stack);
    expect(masters.map(({ ssh }) => ssh.hostKey)).toEqual([hostKey, other, hostKey]);
  });

  it("have no private key with ssh.agent, and the jump host for every host", () => {
    const stack = goodStack();
    const jumpKey = hostKey.replace(/exam$/i, "JUMP");
    const knownHostsFile = file("with-jump", `${knownHosts}bastion.example.com ${jumpKey}\n`);
    stack["ssh"] = { user: "ops", agent: true, knownHostsFile, proxyJump: { host: "bastion.example.com" } };
    const { masters, monitor } = load(stack);
    const proxyJump = { host: "bastion.example.com", port: 22, user: "ops", hostKey: jumpKey };
    for (const { ssh } of [masters[0], monitor]) {
      expect(ssh).toEqual({ user: "ops", port: 22, hostKey, proxyJump });
    }
  });

  it("have the DNS provider of the only section, with or without endpoint.provider", () => {
    const named = load(goodStack());
    expect(named.endpoint).toMatchObject({
      fqdn: "kube-control.kacangisnuts.com",
      port: 6443,
      ttl: 60,
      nameServers: [],
    });
    expect(named.endpoint.rfc2136).toBeUndefined();
    const stack = goodStack();
    delete stack["endpoint"].provider;
    expect(load(stack).endpoint.cloudflare?.zoneId).toBe("6b63c0a1d4e54f0c8f3a2e9d7b105c36");
  });

  it("have the defaults that depend on other settings", () => {
    const stack = goodStack();
    stack["loadBalancers"].forEach((machine: { priority?: number }) => delete machine.priority);
    Object.assign(stack, { virtualIp: { ...stack["virtualIp"], vrrpVersion: 2 }, vrrpPassword: "s3cret" });
    stack["kubernetes"].repository = { url: "http://mirror.example/k8s" };
    const settings = load(stack);
    expect(settings.loadBalancers.map(({ priority }) => priority)).toEqual([250, 240]);
    expect(settings.kubernetes.repository.keyUrl).toBe("http://mirror.example/k8s/Release.key");
  });

  it("have the configured fingerprint, else the known one for a key from pkgs.k8s.io", () => {
    const stack = goodStack();
    const fingerprintWith = (repository: Record<string, string>) => {
      stack["kubernetes"].repository = repository;
      return load(stack).kubernetes.repository.keyFingerprint;
    };
    const official = "DE15B14486CD377B9E876E1A234654DA9A296436";
    const mirror = "http://mirror.example/k8s";
    expect(fingerprintWith({ url: mirror })).toBeUndefined();
    expect(fingerprintWith({ url: mirror, keyUrl: "https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key" })).toBe(
      official,
    );
    const given = "0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567";
    expect(fingerprintWith({ url: mirror, keyFingerprint: given })).toBe(given.replaceAll(" ", "").toUpperCase());
    expect(fingerprintWith({ keyFingerprint: given })).toBe(given.replaceAll(" ", "").toUpperCase());
    const key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n…";
    expect(fingerprintWith({ key, keyFingerprint: given })).toBe(given.replaceAll(" ", "").toUpperCase());
    expect(fingerprintWith({ key })).toBeUndefined();
  });

  it("have the name, the absolute path and the configured path of each pipeline file", () => {
    const stack = goodStack();
    stack["datadog"].pipelines = ["docs/front-door.yaml"];
    expect(load(stack).datadog.pipelines).toEqual([
      { name: "front-door", path: join(root, "docs/front-door.yaml"), given: "docs/front-door.yaml" },
    ]);
  });

  it("have the configured times, health port and connection limit", () => {
    const stack = goodStack();
    Object.assign(stack["virtualIp"], { preempt: true, advertInterval: 0.2 });
    stack["haproxy"] = { healthPort: 18404, checkInterval: "1s", maxConnections: 2000 };
    Object.assign(stack["kubernetes"], { etcd: { electionTimeout: 1000, heartbeatInterval: 100 }, shutdownDelay: 5 });
    const { virtualIp, haproxy, kubernetes } = load(stack);
    expect(virtualIp).toMatchObject({ preempt: true, advertInterval: 0.2 });
    const { statsSocket, connectTimeout, clientTimeout, serverTimeout } = defaults;
    const others = { statsSocket, connectTimeout, clientTimeout, serverTimeout };
    expect(haproxy).toEqual({ ...others, healthPort: 18404, checkInterval: "1s", maxConnections: 2000 });
    expect(kubernetes).toMatchObject({ etcd: { electionTimeout: 1000, heartbeatInterval: 100 }, shutdownDelay: 5 });
  });

  it("do not depend on settings of other programs in the same stack file", () => {
    const [texts, secretKeys] = asTexts(goodStack());
    pulumi.runtime.setAllConfig({ ...texts, "other:anything": "1", "other:token": "abc" }, secretKeys);
    expect(loadSettings).not.toThrow();
  });
});

describe("a report", () => {
  it("lists all mistakes in the order of the configuration", () => {
    const stack = goodStack();
    stack["endpoint"].fqdn = "kube-control";
    stack["masters"][1].address = "192.168.2";
    stack["masters"][2].name = "k8s-master1";
    stack["masters"].push({ name: "k8s-master4", address: "192.168.2.151" });
    stack["virtualIp"].address = "192.168.2.141";
    stack["virtualIp"].routerid = 34;
    stack["kubernetes"].version = "latest";
    stack["nas"].port = "15141";
    delete stack["datadogAppKey"];
    const mistakes = mistakesOf(stack, ["cloudflareApiToken"]);
    expect(mistakes.map(({ key }) => key)).toEqual([
      "kube-control:endpoint.fqdn",
      "kube-control:masters[1].address",
      "kube-control:masters",
      "kube-control:masters[3].address",
      "kube-control:masters[2].name",
      "kube-control:virtualIp.routerid",
      "kube-control:virtualIp.address",
      "kube-control:kubernetes.version",
      "kube-control:nas.port",
      "kube-control:datadogApiKey",
      "kube-control:datadogAppKey",
    ]);
  });

  it("shows each mistake with its number, key, value, reason and remedy", () => {
    const stack = goodStack();
    stack["masters"][1].address = "192.168.2.400";
    stack["loadBalancers"].pop();
    expect(() => load(stack)).toThrow(
      [
        "The configuration of stack prod has 2 mistakes. No host was contacted.",
        "",
        '1. kube-control:masters[1].address = "192.168.2.400"',
        "   is not an IPv4 address.",
        "   → Set it to four numbers from 0 to 255, e.g. 192.168.2.151.",
        "",
        "2. kube-control:loadBalancers",
        "   has fewer than two load balancers.",
        "   → List two or more, so that one may fail.",
      ].join("\n"),
    );
  });

  it("of an empty stack lists each missing section", () => {
    expect(mistakesOf({}).map(({ key }) => key)).toEqual(
      ["endpoint", "ssh", "masters", "loadBalancers", "virtualIp", "kubernetes", "monitor"]
        .concat("datadogApiKey", "datadogAppKey")
        .map((key) => `kube-control:${key}`),
    );
  });

  it("of a stack with only Pulumi.yaml's defaults lists the missing settings", () => {
    const empty = { endpoint: {}, ssh: {}, masters: [], loadBalancers: [], virtualIp: {}, kubernetes: {}, monitor: {} };
    expect(mistakesOf(empty).map(({ key }) => key)).toEqual(
      expect.arrayContaining(["kube-control:endpoint.fqdn", "kube-control:masters", "kube-control:monitor.name"]),
    );
  });
});

it("every setting is declared in Pulumi.yaml", () => {
  const text = readFileSync(join(root, "Pulumi.yaml"), "utf8");
  const { config } = parse(text) as { config: Record<string, { description?: string }> };
  expect(Object.keys(config)).toEqual(Object.keys(stackShape.shape).map((key) => `kube-control:${key}`));
  expect(Object.values(config).every(({ description }) => description !== undefined)).toBe(true);
});

describe("the backup", () => {
  const recipients = ["age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"];

  it("is absent without a recipient", () => {
    expect(load(goodStack()).backup).toBeUndefined();
    expect(load({ ...goodStack(), backup: { keep: 5 } }).backup).toBeUndefined();
  });

  it("has its defaults, and copies to the monitor", () => {
    const { copyTo, ...settings } = load({ ...goodStack(), backup: { recipients } }).backup ?? {};
    expect(settings).toEqual({ recipients, keep: 14, intervalHours: 6 });
    expect(copyTo).toMatchObject({ name: "monitor", address: "192.168.2.160", ssh: { hostKey } });
  });

  it("copies to another host that is named", () => {
    const { backup } = load({ ...goodStack(), backup: { recipients, copyTo: "haproxy-lb2" } });
    expect(backup?.copyTo.address).toBe("192.168.2.142");
  });

  it("uploads to a bucket with a secret, in a region that has a default", async () => {
    const s3 = { endpoint: "https://s3.example.com", bucket: "cluster-backups", accessKeyId: "AKIAIOSFODNN7EXAMPLE" };
    const { backup } = load({ ...goodStack(), backup: { recipients, s3 }, s3SecretAccessKey: "canary-s3" });
    const { secretAccessKey, ...others } = backup?.s3 ?? {};
    expect(others).toEqual({ ...s3, region: "us-east-1" });
    expect(await pulumi.isSecret(pulumi.output(secretAccessKey))).toBe(true);
  });
});
