import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { auditPolicy } from "../../../components/control-plane/audit-policy";
import { controlPlaneFiles } from "../../../components/control-plane/control-plane-files";
import { PathType } from "../../../components/control-plane/static-pods";
import {
  initConfiguration,
  joinConfiguration,
  placeholders,
  uploadConfiguration,
  type Cluster,
} from "../../../components/control-plane/kubeadm";

const cluster: Cluster = {
  endpoint: "kube-control.kacangisnuts.com",
  port: 6443,
  version: "v1.37.2",
  podSubnet: "10.244.0.0/16",
  serviceSubnet: "10.96.0.0/12",
  imageRepository: "registry.k8s.io",
  certificateNames: ["192.168.2.140", "192.168.2.151", "192.168.2.152", "192.168.2.153"],
  encryptionAtRest: true,
  etcd: {},
  shutdownDelay: 2,
  kubelet: { resolvConf: "/etc/kubelet-resolv.conf" },
  kubeProxy: { conntrack: { maxPerCore: 0, min: 0 } },
};
const master1 = { name: "k8s-master1", address: "192.168.2.151" };

const documents = (text: string) => parseAllDocuments(text).map((one) => one.toJS() as Record<string, any>);

test("init gets the expected configuration", () => {
  expect(initConfiguration(cluster, master1)).toMatchInlineSnapshot(`
    "apiVersion: kubeadm.k8s.io/v1beta4
    bootstrapTokens:
      - description: made by kubeadm init, unused
        ttl: 1m0s
    kind: InitConfiguration
    localAPIEndpoint:
      advertiseAddress: 192.168.2.151
      bindPort: 6443
    nodeRegistration:
      criSocket: unix:///run/containerd/containerd.sock
      kubeletExtraArgs:
        - name: node-ip
          value: 192.168.2.151
      name: k8s-master1
    ---
    apiServer:
      certSANs:
        - kube-control.kacangisnuts.com
        - 192.168.2.140
        - 192.168.2.151
        - 192.168.2.152
        - 192.168.2.153
      extraArgs:
        - name: encryption-provider-config
          value: /etc/kubernetes/pki/encryption-at-rest.yaml
        - name: shutdown-delay-duration
          value: 2s
    apiVersion: kubeadm.k8s.io/v1beta4
    controlPlaneEndpoint: kube-control.kacangisnuts.com:6443
    etcd:
      local:
        extraArgs:
          - name: heartbeat-interval
            value: "50"
          - name: election-timeout
            value: "300"
    imageRepository: registry.k8s.io
    kind: ClusterConfiguration
    kubernetesVersion: v1.37.2
    networking:
      podSubnet: 10.244.0.0/16
      serviceSubnet: 10.96.0.0/12
    ---
    apiVersion: kubelet.config.k8s.io/v1beta1
    cgroupDriver: systemd
    kind: KubeletConfiguration
    resolvConf: /etc/kubelet-resolv.conf
    serverTLSBootstrap: true
    ---
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    conntrack:
      maxPerCore: 0
      min: 0
    kind: KubeProxyConfiguration
    "
  `);
});

test("a joining master gets the expected configuration", () => {
  expect(joinConfiguration(cluster, { name: "k8s-master2", address: "192.168.2.152" }, "master"))
    .toMatchInlineSnapshot(`
    "apiVersion: kubeadm.k8s.io/v1beta4
    controlPlane:
      certificateKey: "@CERTIFICATE_KEY@"
      localAPIEndpoint:
        advertiseAddress: 192.168.2.152
        bindPort: 6443
    discovery:
      bootstrapToken:
        apiServerEndpoint: kube-control.kacangisnuts.com:6443
        caCertHashes:
          - "@CA_HASH@"
        token: "@TOKEN@"
    kind: JoinConfiguration
    nodeRegistration:
      criSocket: unix:///run/containerd/containerd.sock
      kubeletExtraArgs:
        - name: node-ip
          value: 192.168.2.152
      name: k8s-master2
    "
  `);
});

test("a worker does not get the key of the control plane's certificates", () => {
  const text = joinConfiguration(cluster, { name: "k8s-worker1", address: "192.168.2.161" }, "worker");
  expect(text).not.toContain(placeholders.certificateKey);
  expect(documents(text)[0]).not.toHaveProperty("controlPlane");
});

test("the upload of certificates uses the configured version, not one from the internet", () => {
  const [init, configuration] = documents(uploadConfiguration(cluster));
  expect(init?.["certificateKey"]).toBe(placeholders.certificateKey);
  expect(configuration?.["kubernetesVersion"]).toBe("v1.37.2");
  expect(init?.["localAPIEndpoint"]).toEqual({ advertiseAddress: placeholders.address });
});

test("without encryption at rest the API server has no encryption configuration", () => {
  const [, configuration] = documents(initConfiguration({ ...cluster, encryptionAtRest: false }, master1));
  expect(configuration?.["apiServer"].extraArgs).toEqual([{ name: "shutdown-delay-duration", value: "2s" }]);
});

test("the times of etcd and of the API server are strings, as kubeadm requires", () => {
  const timed = { ...cluster, etcd: { heartbeatInterval: 100, electionTimeout: 1000 }, shutdownDelay: 0 };
  const [, configuration] = documents(initConfiguration(timed, master1));
  expect(configuration?.["etcd"].local.extraArgs).toEqual([
    { name: "heartbeat-interval", value: "100" },
    { name: "election-timeout", value: "1000" },
  ]);
  expect(configuration?.["apiServer"].extraArgs).toContainEqual({ name: "shutdown-delay-duration", value: "0s" });
});

/** The ClusterConfiguration with these changes. */
const configurationOf = (changes: Partial<Cluster>) =>
  documents(initConfiguration({ ...cluster, ...changes }, master1))[1] ?? {};

test("empty additions to the components change nothing", () => {
  const none = { extraArgs: {}, extraEnvs: {}, extraVolumes: [] };
  const apiServer = { ...none, audit: { enabled: false } };
  const added = {
    apiServer,
    controllerManager: none,
    scheduler: none,
    etcd: none,
    files: {},
    encryptionKeyGeneration: 1,
  };
  expect(initConfiguration({ ...cluster, ...added }, master1)).toBe(initConfiguration(cluster, master1));
});

test("flags, volumes and environment of each component are in kubeadm's form", () => {
  const added = {
    extraArgs: { v: 4, profiling: false, "tls-sni-cert-key": ["b.crt,b.key", "a.crt,a.key"] },
    extraEnvs: { GOGC: "200", A: "" },
    extraVolumes: [{ name: "sni", hostPath: "/etc/sni", mountPath: "/sni", pathType: PathType.Directory }],
  };
  const section = {
    extraArgs: [
      { name: "profiling", value: "false" },
      { name: "tls-sni-cert-key", value: "b.crt,b.key" },
      { name: "tls-sni-cert-key", value: "a.crt,a.key" },
      { name: "v", value: "4" },
    ],
    extraEnvs: [
      { name: "A", value: "" },
      { name: "GOGC", value: "200" },
    ],
  };
  const volumes = [{ name: "sni", hostPath: "/etc/sni", mountPath: "/sni", readOnly: true, pathType: "Directory" }];
  const configuration = configurationOf({ apiServer: added, controllerManager: added, scheduler: added, etcd: added });
  const defaults = configurationOf({});
  for (const name of ["controllerManager", "scheduler"]) {
    expect(configuration[name]).toEqual({ ...section, extraVolumes: volumes });
  }
  expect(configuration["apiServer"]).toEqual({
    ...defaults["apiServer"],
    ...section,
    extraArgs: [...defaults["apiServer"].extraArgs, ...section.extraArgs],
    extraVolumes: volumes,
  });
  expect(configuration["etcd"].local).toEqual({
    ...section,
    extraArgs: [...defaults["etcd"].local.extraArgs, ...section.extraArgs],
  });
});

test.each([
  "on",
  "off",
  "yes",
  "no",
  "y",
  "n",
  "true",
  "null",
  "0x1f",
  "1_000",
  "12:30:45",
  "1.0",
  "1e3",
  "2026-01-01",
])("the value %s stays a text for kubeadm, which reads YAML 1.1", (value) => {
  const text = initConfiguration({ ...cluster, scheduler: { extraEnvs: { A: value } } }, master1);
  const [, configuration] = parseAllDocuments(text, { version: "1.1" }).map((one) => one.toJS() as Record<string, any>);
  expect(configuration?.["scheduler"].extraEnvs).toEqual([{ name: "A", value }]);
});

test("from the second key on, the API servers reload their keys", () => {
  const flagsOf = (changes: Partial<Cluster>): string[] =>
    configurationOf(changes)["apiServer"].extraArgs.map(({ name }: { name: string }) => name);
  const reload = "encryption-provider-config-automatic-reload";
  expect(flagsOf({ encryptionKeyGeneration: 2 })).toContain(reload);
  expect(flagsOf({ encryptionKeyGeneration: 1 })).not.toContain(reload);
  expect(flagsOf({ encryptionAtRest: false, encryptionKeyGeneration: 2 })).toEqual(["shutdown-delay-duration"]);
});

test("the audit log: its flags, the folder of the log and the folder of the files", () => {
  const apiServer = { audit: { enabled: true, log: { maxBackups: 3 } } };
  const files = controlPlaneFiles(apiServer);
  const { extraArgs, extraVolumes } = configurationOf({ apiServer, files })["apiServer"];
  expect(Object.fromEntries(extraArgs.map(({ name, value }: Record<string, string>) => [name, value]))).toMatchObject({
    "audit-log-path": "/var/log/kubernetes/audit/audit.log",
    "audit-log-maxage": "30",
    "audit-log-maxbackup": "3",
    "audit-log-maxsize": "100",
    "audit-policy-file": files.auditPolicy?.path,
  });
  const folders = extraVolumes.map(({ hostPath, readOnly }: Record<string, unknown>) => [hostPath, readOnly]);
  expect(folders).toEqual([
    ["/var/log/kubernetes/audit", false],
    ["/etc/kubernetes/kube-control", true],
  ]);
});

test("another content of a file is another flag, so that the API server gets another manifest", () => {
  const folder = mkdtempSync(join(tmpdir(), "kube-control-files-"));
  const file = join(folder, "authentication.yaml");
  const flagFor = (content: string) => {
    writeFileSync(file, content);
    const apiServer = { authentication: file };
    const { extraArgs } = configurationOf({ apiServer, files: controlPlaneFiles(apiServer) })["apiServer"];
    return extraArgs.find(({ name }: { name: string }) => name === "authentication-config").value as string;
  };
  const [one, other] = [flagFor("one"), flagFor("other")];
  expect(one).toMatch(/^\/etc\/kubernetes\/kube-control\/authentication-[0-9a-f]{8}\.yaml$/);
  expect(other).not.toBe(one);
  expect(flagFor("one")).toBe(one);
  rmSync(folder, { recursive: true });
});

test("the audit policy: no bodies, and nothing about health checks, leases and events", () => {
  const policy = parse(auditPolicy) as { kind: string; rules: { level: string; resources?: object[] }[] };
  expect(policy.kind).toBe("Policy");
  expect(new Set(policy.rules.map(({ level }) => level))).toEqual(new Set(["None", "Metadata"]));
  // the last rule is for everything else
  expect(policy.rules.at(-1)).toEqual({ level: "Metadata" });
  const secrets = policy.rules.findIndex(({ resources }) => JSON.stringify(resources ?? []).includes("secrets"));
  const reads = policy.rules.findIndex((rule) => JSON.stringify(rule).includes("system:nodes"));
  // who reads a Secret is recorded, also if it is a node
  expect(secrets).toBeLessThan(reads);
});

const anyName = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const anyScalar = fc.oneof(fc.string(), fc.integer(), fc.boolean());

test("additional settings are unchanged, and the certificate has the endpoint's name once", () => {
  fc.assert(
    fc.property(
      anyName,
      fc.array(fc.oneof(anyName, fc.ipV4())),
      fc.dictionary(fc.stringMatching(/^[a-z][A-Za-z]{0,12}$/), anyScalar),
      (endpoint, certificateNames, kubelet) => {
        const text = initConfiguration({ ...cluster, endpoint, certificateNames, kubelet }, master1);
        const [, configuration, kubeletConfiguration] = documents(text);
        const names: string[] = configuration?.["apiServer"].certSANs;
        expect(names.filter((name) => name === endpoint)).toHaveLength(1);
        expect(new Set(names)).toEqual(new Set([endpoint, ...certificateNames]));
        expect(kubeletConfiguration).toMatchObject(kubelet);
      },
    ),
  );
});

test("the order of settings does not change the configuration", () => {
  const one = initConfiguration({ ...cluster, kubelet: { a: 1, b: { d: 1, c: 2 } } }, master1);
  expect(initConfiguration({ ...cluster, kubelet: { b: { c: 2, d: 1 }, a: 1 } }, master1)).toBe(one);
});
