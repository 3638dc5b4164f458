import fc from "fast-check";
import { parseAllDocuments } from "yaml";
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
