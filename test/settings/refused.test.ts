import { execFileSync } from "node:child_process";
import { type Configuration, file, goodStack, hostKey, mistakesOf, privateKey, scratch } from "./stack";

interface Case {
  /** The mistake that `spoil` makes. */
  readonly about: string;
  readonly spoil: (stack: Configuration) => void;
  readonly key: string;
  readonly value?: string;
  readonly what: RegExp | string;
  readonly remedy: RegExp | string;
}

/** `{ a: { b: value } }` of the path `a.b`. */
function nested(path: string, value: unknown): Record<string, unknown> {
  return path
    .split(".")
    .reverse()
    .reduce<unknown>((inner, name) => ({ [name]: inner }), value) as Record<string, unknown>;
}

function lockedKey(): string {
  const path = `${scratch}/locked${Math.random()}`;
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "a passphrase", "-f", path]);
  return path;
}

const endpoint: Case[] = [
  {
    about: "a missing section",
    spoil: (stack) => delete stack["endpoint"],
    key: "kube-control:endpoint",
    what: "is missing.",
    remedy: /^Add its settings: fqdn, port, ttl, provider, cloudflare, rfc2136, nameServers/,
  },
  {
    about: "a missing setting",
    spoil: (stack) => delete stack["endpoint"].fqdn,
    key: "kube-control:endpoint.fqdn",
    what: "is missing.",
    remedy: "Add it; docs/settings.md says what it means.",
  },
  {
    about: "a name of one label",
    spoil: (stack) => (stack["endpoint"].fqdn = "kube-control"),
    key: "kube-control:endpoint.fqdn",
    value: '"kube-control"',
    what: /one label/,
    remedy: /kube-control\.kacangisnuts\.com/,
  },
  {
    about: "a name that makes Datadog's tag too long",
    spoil: (stack) => (stack["endpoint"].fqdn = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(62)}.com`),
    key: "kube-control:endpoint.fqdn",
    what: /^has 188 characters: Datadog would cut the tag/,
    remedy: /187 characters/,
  },
  {
    about: "an illegal domain name",
    spoil: (stack) => (stack["endpoint"].fqdn = "kube_control.kacangisnuts.com"),
    key: "kube-control:endpoint.fqdn",
    what: /its label "kube_control"/,
    remedy: /lower case/,
  },
  {
    about: "a domain name with a dot at its end",
    spoil: (stack) => (stack["endpoint"].fqdn = "kube-control.kacangisnuts.com."),
    key: "kube-control:endpoint.fqdn",
    what: "ends with a dot.",
    remedy: /fully qualified name/,
  },
  {
    about: "a domain name with capital letters",
    spoil: (stack) => (stack["endpoint"].fqdn = "Kube-Control.kacangisnuts.com"),
    key: "kube-control:endpoint.fqdn",
    what: /capital letters/,
    remedy: /lower case/,
  },
  {
    about: "a port out of range",
    spoil: (stack) => (stack["endpoint"].port = 70000),
    key: "kube-control:endpoint.port",
    value: "70000",
    what: "is not a whole number from 1 to 65535.",
    remedy: /6443/,
  },
  {
    about: "a number in quotes",
    spoil: (stack) => (stack["endpoint"].port = "6443"),
    key: "kube-control:endpoint.port",
    value: '"6443"',
    what: "is not a number, but a text.",
    remedy: "Write it without quotes.",
  },
  {
    about: "a port of the API servers that is sshd's",
    spoil: (stack) => (stack["endpoint"].port = 22),
    key: "kube-control:endpoint.port",
    what: /port of sshd/,
    remedy: /free port/,
  },
  {
    about: "a port of the API servers that is etcd's",
    spoil: (stack) => (stack["endpoint"].port = 2379),
    key: "kube-control:endpoint.port",
    what: /etcd \(clients\) on the masters/,
    remedy: /free port/,
  },
  {
    about: "a port of the API servers that is a node port",
    spoil: (stack) => (stack["endpoint"].port = 30443),
    key: "kube-control:endpoint.port",
    what: /node ports/,
    remedy: /free port/,
  },
  {
    about: "a TTL that Cloudflare refuses",
    spoil: (stack) => (stack["endpoint"].ttl = 20),
    key: "kube-control:endpoint.ttl",
    value: "20",
    what: "is below what Cloudflare takes.",
    remedy: /60 to 86400/,
  },
  {
    about: "a TTL of more than a day",
    spoil: (stack) => (stack["endpoint"].ttl = 90000),
    key: "kube-control:endpoint.ttl",
    what: "is not a whole number from 1 to 86400.",
    remedy: /seconds/,
  },
  {
    about: "both DNS providers",
    spoil: (stack) =>
      (stack["endpoint"].rfc2136 = { server: "192.168.2.53", zone: "kacangisnuts.com", keyName: "kube-control" }),
    key: "kube-control:endpoint",
    what: /both cloudflare and rfc2136/,
    remedy: /Keep the section/,
  },
  {
    about: "no DNS provider",
    spoil: (stack) => {
      delete stack["endpoint"].cloudflare;
      delete stack["endpoint"].provider;
    },
    key: "kube-control:endpoint",
    what: /neither cloudflare nor rfc2136/,
    remedy: /Add cloudflare/,
  },
  {
    about: "a provider without its section",
    spoil: (stack) => {
      stack["endpoint"].provider = "rfc2136";
      stack["tsigSecret"] = "c2VjcmV0";
    },
    key: "kube-control:endpoint.provider",
    what: /another provider than the section cloudflare/,
    remedy: /^Set it to cloudflare/,
  },
  {
    about: "an unknown provider",
    spoil: (stack) => (stack["endpoint"].provider = "cloudflair"),
    key: "kube-control:endpoint.provider",
    value: '"cloudflair"',
    what: "is not one of the choices.",
    remedy: "Set it to cloudflare.",
  },
  {
    about: "the example's zone id",
    spoil: (stack) => (stack["endpoint"].cloudflare.zoneId = "0".repeat(32)),
    key: "kube-control:endpoint.cloudflare.zoneId",
    what: "is not a Cloudflare zone id.",
    remedy: /32 hexadecimal digits/,
  },
  {
    about: "a URL without a scheme",
    spoil: (stack) => (stack["endpoint"].cloudflare.baseUrl = "api.cloudflare.com/client/v4"),
    key: "kube-control:endpoint.cloudflare.baseUrl",
    what: "is not an http or https URL.",
    remedy: /https:\/\/api\.cloudflare\.com/,
  },
  {
    about: "a name outside the zone",
    spoil: (stack) => {
      stack["endpoint"] = {
        fqdn: "kube-control.kacangisnuts.com",
        rfc2136: { server: "192.168.2.53", zone: "example.org", keyName: "kube-control" },
      };
      stack["tsigSecret"] = "c2VjcmV0";
    },
    key: "kube-control:endpoint.fqdn",
    what: "lies outside the zone example.org.",
    remedy: /ends with \.example\.org/,
  },
  {
    about: "an unknown TSIG algorithm",
    spoil: (stack) => {
      stack["endpoint"] = {
        fqdn: "kube-control.kacangisnuts.com",
        rfc2136: { server: "192.168.2.53", zone: "kacangisnuts.com", keyName: "k", keyAlgorithm: "hmac-md5" },
      };
      stack["tsigSecret"] = "c2VjcmV0";
    },
    key: "kube-control:endpoint.rfc2136.keyAlgorithm",
    value: '"hmac-md5"',
    what: "is not one of the choices.",
    remedy: /^Set it to/,
  },
];

const machines: Case[] = [
  {
    about: "a malformed address",
    spoil: (stack) => (stack["masters"][1].address = "192.168.2.400"),
    key: "kube-control:masters[1].address",
    value: '"192.168.2.400"',
    what: "is not an IPv4 address.",
    remedy: /four numbers/,
  },
  {
    about: "a missing address",
    spoil: (stack) => delete stack["masters"][2].address,
    key: "kube-control:masters[2].address",
    what: "is missing.",
    remedy: "Add it; docs/settings.md says what it means.",
  },
  {
    about: "a loopback address",
    spoil: (stack) => (stack["monitor"].address = "127.0.0.1"),
    key: "kube-control:monitor.address",
    what: "is a loopback address.",
    remedy: /network/,
  },
  {
    about: "an illegal host name",
    spoil: (stack) => (stack["masters"][0].name = "k8s_master1"),
    key: "kube-control:masters[0].name",
    value: '"k8s_master1"',
    what: /is not a legal host name/,
    remedy: /short name in lower case/,
  },
  {
    about: "a host name with a dot",
    spoil: (stack) => (stack["monitor"].name = "monitor.kacangisnuts.com"),
    key: "kube-control:monitor.name",
    what: /has a dot/,
    remedy: /short name/,
  },
  {
    about: "the same address twice",
    spoil: (stack) => (stack["monitor"].address = "192.168.2.151"),
    key: "kube-control:monitor.address",
    value: '"192.168.2.151"',
    what: "is already the address of kube-control:masters[0].address.",
    remedy: /of its own/,
  },
  {
    about: "the same name twice",
    spoil: (stack) => (stack["masters"][1].name = "k8s-master1"),
    key: "kube-control:masters[1].name",
    value: '"k8s-master1"',
    what: "is already the name of kube-control:masters[0].name.",
    remedy: /must be unique/,
  },
  {
    about: "a worker that is a master",
    spoil: (stack) => (stack["workers"] = [{ name: "k8s-worker1", address: "192.168.2.153" }]),
    key: "kube-control:workers[0].address",
    what: /is already the address of kube-control:masters\[2\]\.address/,
    remedy: /of its own/,
  },
  {
    about: "no master",
    spoil: (stack) => (stack["masters"] = []),
    key: "kube-control:masters",
    what: "has no control plane node.",
    remedy: /three, so that the cluster survives the loss of one/,
  },
  {
    about: "an even number of masters",
    spoil: (stack) => stack["masters"].pop(),
    key: "kube-control:masters",
    what: /lists 2 masters, an even number: 2 etcd members survive no more failures than 1/,
    remedy: "List 1 or 3.",
  },
  {
    about: "masters that are not a list",
    spoil: (stack) => (stack["masters"] = { name: "k8s-master1", address: "192.168.2.151" }),
    key: "kube-control:masters",
    what: "is not a list, but a group of settings.",
    remedy: /one entry a line/,
  },
  {
    about: "fewer than two load balancers",
    spoil: (stack) => stack["loadBalancers"].pop(),
    key: "kube-control:loadBalancers",
    what: "has fewer than two load balancers.",
    remedy: /two or more/,
  },
  {
    about: "equal VRRP priorities",
    spoil: (stack) => (stack["loadBalancers"][1].priority = 250),
    key: "kube-control:loadBalancers[1].priority",
    value: "250",
    what: /is already the VRRP priority of kube-control:loadBalancers\[0\]/,
    remedy: /its own priority/,
  },
  {
    about: "a VRRP priority that equals another's default",
    spoil: (stack) => {
      delete stack["loadBalancers"][0].priority;
      stack["loadBalancers"][1].priority = 250;
    },
    key: "kube-control:loadBalancers[1].priority",
    what: /is already the VRRP priority of kube-control:loadBalancers\[0\]/,
    remedy: /its own priority/,
  },
  {
    about: "a VRRP priority out of range",
    spoil: (stack) => (stack["loadBalancers"][0].priority = 255),
    key: "kube-control:loadBalancers[0].priority",
    value: "255",
    what: "is not a whole number from 1 to 254.",
    remedy: /255 is kept/,
  },
  {
    about: "a VRRP priority out of range, while another host has its default",
    spoil: (stack) => {
      stack["loadBalancers"][0].priority = 255;
      stack["loadBalancers"][1].priority = 250;
    },
    key: "kube-control:loadBalancers[0].priority",
    value: "255",
    what: "is not a whole number from 1 to 254.",
    remedy: /255 is kept/,
  },
];

const virtualIp: Case[] = [
  {
    about: "a virtual IP outside the load balancers' subnet",
    spoil: (stack) => (stack["virtualIp"].address = "192.168.3.140"),
    key: "kube-control:virtualIp.address",
    value: '"192.168.3.140"',
    what: /outside the load balancers' subnet: 192\.168\.3\.0\/24 does not contain 192\.168\.2\.141, 192\.168\.2\.142/,
    remedy: /free address of their subnet/,
  },
  {
    about: "a virtual IP that is a host's address",
    spoil: (stack) => (stack["virtualIp"].address = "192.168.2.141"),
    key: "kube-control:virtualIp.address",
    what: "is already the address of kube-control:loadBalancers[0].address.",
    remedy: /virtual IP, an address of its own/,
  },
  {
    about: "a virtual IP that is the network's address",
    spoil: (stack) => (stack["virtualIp"].address = "192.168.2.0"),
    key: "kube-control:virtualIp.address",
    what: "is the network address of 192.168.2.0/24.",
    remedy: "Choose an address from 192.168.2.1 to 192.168.2.254.",
  },
  {
    about: "a virtual IP that is the broadcast address",
    spoil: (stack) => (stack["virtualIp"].address = "192.168.2.255"),
    key: "kube-control:virtualIp.address",
    what: "is the broadcast address of 192.168.2.0/24.",
    remedy: /192\.168\.2\.1 to/,
  },
  {
    about: "a prefix length out of range",
    spoil: (stack) => (stack["virtualIp"].prefixLength = 33),
    key: "kube-control:virtualIp.prefixLength",
    value: "33",
    what: "is not a whole number from 8 to 30.",
    remedy: /24/,
  },
  {
    about: "a router id out of range",
    spoil: (stack) => (stack["virtualIp"].routerId = 256),
    key: "kube-control:virtualIp.routerId",
    value: "256",
    what: "is not a whole number from 1 to 255.",
    remedy: /an id from 1 to 255, e\.g\. 33/,
  },
  {
    about: "an unknown VRRP version",
    spoil: (stack) => (stack["virtualIp"].vrrpVersion = 4),
    key: "kube-control:virtualIp.vrrpVersion",
    value: "4",
    what: "is not one of the choices.",
    remedy: "Set it to one of 2, 3.",
  },
  {
    about: "an unknown VRRP version beside a password",
    spoil: (stack) => {
      stack["virtualIp"].vrrpVersion = "2";
      stack["vrrpPassword"] = "s3cret";
    },
    key: "kube-control:virtualIp.vrrpVersion",
    value: '"2"',
    what: "is not one of the choices.",
    remedy: "Set it to 2.",
  },
  {
    about: "a fractional advert interval with VRRP version 2",
    spoil: (stack) => {
      Object.assign(stack["virtualIp"], { vrrpVersion: 2, advertInterval: 0.1 });
      stack["vrrpPassword"] = "s3cret";
    },
    key: "kube-control:virtualIp.advertInterval",
    value: "0.1",
    what: /not whole seconds/,
    remedy: /vrrpVersion 3/,
  },
  {
    about: "an advert interval finer than VRRP version 3 can express",
    spoil: (stack) => (stack["virtualIp"].advertInterval = 0.125),
    key: "kube-control:virtualIp.advertInterval",
    what: /hundredths/,
    remedy: /0\.04/,
  },
  {
    about: "preempt that is neither true nor false",
    spoil: (stack) => (stack["virtualIp"].preempt = 5),
    key: "kube-control:virtualIp.preempt",
    value: "5",
    what: /not true or false/,
    remedy: /./,
  },
];

const kubernetes: Case[] = [
  {
    about: "a flag that another setting decides",
    spoil: (stack) => (stack["kubernetes"].apiServer = { extraArgs: { "shutdown-delay-duration": "5s" } }),
    key: "kube-control:kubernetes.apiServer.extraArgs.shutdown-delay-duration",
    value: '"5s"',
    what: /load balancers' checks/,
    remedy: "Remove it, and set kube-control:kubernetes.shutdownDelay.",
  },
  {
    about: "a flag whose value is a group",
    spoil: (stack) => (stack["kubernetes"].scheduler = { extraArgs: { v: { level: 4 } } }),
    key: "kube-control:kubernetes.scheduler.extraArgs.v",
    value: '{"level":4}',
    what: "is not the value of a flag.",
    remedy: /or to a list of these/,
  },
  {
    about: "a file with an authentication that does not exist",
    spoil: (stack) => (stack["kubernetes"].apiServer = { authentication: `${scratch}/none.yaml` }),
    key: "kube-control:kubernetes.apiServer.authentication",
    what: /^does not exist/,
    remedy: /AuthenticationConfiguration/,
  },
  {
    about: "a volume with a relative path",
    spoil: (stack) =>
      (stack["kubernetes"].controllerManager = { extraVolumes: [{ name: "a", hostPath: "srv", mountPath: "/a" }] }),
    key: "kube-control:kubernetes.controllerManager.extraVolumes[0].hostPath",
    value: '"srv"',
    what: "is not an absolute path.",
    remedy: /Begin it with a slash/,
  },
  {
    about: "an audit log outside its folder",
    spoil: (stack) => (stack["kubernetes"].apiServer = { audit: { enabled: true, log: { path: "/tmp/audit.log" } } }),
    key: "kube-control:kubernetes.apiServer.audit.log.path",
    value: '"/tmp/audit.log"',
    what: "is not a file below /var/log/kubernetes/audit/.",
    remedy: "Set it to e.g. /var/log/kubernetes/audit/audit.log.",
  },
  {
    about: "a name for certificates that is neither a name nor an address",
    spoil: (stack) => (stack["kubernetes"].certificateNames = ["https://k8s.example.com"]),
    key: "kube-control:kubernetes.certificateNames[0]",
    value: '"https://k8s.example.com"',
    what: "is neither a name nor an IPv4 address.",
    remedy: /k8s\.example\.com/,
  },
  {
    about: "the number 0 for the encryption key",
    spoil: (stack) => (stack["kubernetes"].encryptionKeyGeneration = 0),
    key: "kube-control:kubernetes.encryptionKeyGeneration",
    value: "0",
    what: "is not a whole number from 1 to 1000000.",
    remedy: /one more than before rotates the key/,
  },
  {
    about: "an incomplete version",
    spoil: (stack) => (stack["kubernetes"].version = "1.34"),
    key: "kube-control:kubernetes.version",
    value: '"1.34"',
    what: "is not a Kubernetes version.",
    remedy: "Set it to a complete version, e.g. v1.37.2.",
  },
  {
    about: "a version that is too old",
    spoil: (stack) => (stack["kubernetes"].version = "v1.30.9"),
    key: "kube-control:kubernetes.version",
    what: /too old.*v1beta4/,
    remedy: "Choose v1.31.0 or newer.",
  },
  {
    about: "a repository of another version",
    spoil: (stack) => (stack["kubernetes"].repository = { url: "https://pkgs.k8s.io/core:/stable:/v1.33/deb/" }),
    key: "kube-control:kubernetes.repository.url",
    what: "has the packages of v1.33, not those of v1.37.2.",
    remedy: /repository of v1\.37/,
  },
  {
    about: "a repository with two keys",
    spoil: (stack) =>
      (stack["kubernetes"].repository = {
        key: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n…",
        keyUrl: "https://example.org/Release.key",
      }),
    key: "kube-control:kubernetes.repository",
    what: "has both key and keyUrl.",
    remedy: /Keep one/,
  },
  {
    about: "a fingerprint that is only a key's id",
    spoil: (stack) => (stack["kubernetes"].repository = { keyFingerprint: "234654DA9A296436" }),
    key: "kube-control:kubernetes.repository.keyFingerprint",
    value: '"234654DA9A296436"',
    what: "is not a key's fingerprint.",
    remedy: /40 hexadecimal digits/,
  },
  {
    about: "a repository's key that is not a public key",
    spoil: (stack) => (stack["kubernetes"].repository = { key: "Release.key" }),
    key: "kube-control:kubernetes.repository.key",
    what: "is not an ASCII-armoured public key.",
    remedy: /keyUrl/,
  },
  {
    about: "hosts and the virtual IP inside the pod subnet",
    spoil: (stack) => (stack["kubernetes"].podSubnet = "192.168.0.0/16"),
    key: "kube-control:kubernetes.podSubnet",
    value: '"192.168.0.0/16"',
    what: /kube-control:masters\[0\]\.address \(192\.168\.2\.151\).*kube-control:virtualIp\.address \(192\.168\.2\.140\)/,
    remedy: /overlaps no network/,
  },
  {
    about: "the virtual IP inside the service subnet",
    spoil: (stack) => (stack["kubernetes"].serviceSubnet = "192.168.2.128/28"),
    key: "kube-control:kubernetes.serviceSubnet",
    what: /virtualIp\.address \(192\.168\.2\.140\)/,
    remedy: /overlaps no network/,
  },
  {
    about: "overlapping pod and service subnets",
    spoil: (stack) => (stack["kubernetes"].serviceSubnet = "10.240.0.0/12"),
    key: "kube-control:kubernetes.podSubnet",
    value: '"10.244.0.0/16"',
    what: "overlaps the service subnet 10.240.0.0/12.",
    remedy: /share no address/,
  },
  {
    about: "a subnet with host bits",
    spoil: (stack) => (stack["kubernetes"].podSubnet = "10.244.0.1/16"),
    key: "kube-control:kubernetes.podSubnet",
    what: "is an address inside the subnet 10.244.0.0/16.",
    remedy: /first address/,
  },
  {
    about: "a subnet without a prefix length",
    spoil: (stack) => (stack["kubernetes"].serviceSubnet = "10.96.0.0"),
    key: "kube-control:kubernetes.serviceSubnet",
    what: "is not an IPv4 subnet.",
    remedy: /prefix length/,
  },
  {
    about: "a pod subnet too small for the nodes",
    spoil: (stack) => (stack["kubernetes"].podSubnet = "10.244.0.0/23"),
    key: "kube-control:kubernetes.podSubnet",
    what: /each of the 3 nodes takes a \/24/,
    remedy: /larger/,
  },
  {
    about: "a service subnet too large for the API server",
    spoil: (stack) => (stack["kubernetes"].serviceSubnet = "172.0.0.0/8"),
    key: "kube-control:kubernetes.serviceSubnet",
    what: "is too large for the API server.",
    remedy: /12 to 28/,
  },
  {
    about: "a missing path of the manifest",
    spoil: (stack) => (stack["kubernetes"].cni = { name: "manifest" }),
    key: "kube-control:kubernetes.cni.manifest",
    what: /is missing/,
    remedy: /Set it to the path/,
  },
  {
    about: "a manifest that does not exist",
    spoil: (stack) => (stack["kubernetes"].cni = { name: "manifest", manifest: "no/such.yaml" }),
    key: "kube-control:kubernetes.cni.manifest",
    value: '"no/such.yaml"',
    what: /does not exist/,
    remedy: /Set it to the path/,
  },
  {
    about: "a manifest that is not YAML",
    spoil: (stack) => (stack["kubernetes"].cni = { name: "manifest", manifest: file("bad.yaml", "kind: [\n") }),
    key: "kube-control:kubernetes.cni.manifest",
    what: /is not valid YAML/,
    remedy: /Set it to the path/,
  },
  {
    about: "a manifest without objects",
    spoil: (stack) => (stack["kubernetes"].cni = { name: "manifest", manifest: file("odd.yaml", "a: 1\n") }),
    key: "kube-control:kubernetes.cni.manifest",
    what: /number 1\) without apiVersion and kind/,
    remedy: /Set it to the path/,
  },
  {
    about: "a manifest together with flannel",
    spoil: (stack) => (stack["kubernetes"].cni = { name: "flannel", manifest: "cni.yaml" }),
    key: "kube-control:kubernetes.cni.manifest",
    what: /name is flannel/,
    remedy: /remove the file/,
  },
  ...(
    [
      ["kubelet.apiVersion", "kubelet.config.k8s.io/v1", /set by kube-control/],
      ["kubelet.cgroupDriver", "cgroupfs", /containerd is configured for systemd/],
      ["kubelet.staticPodPath", "/etc/pods", /kubeadm puts the pods of the control plane/],
      ["kubelet.clusterDomain", "corp.example", /CoreDNS .* cluster\.local/],
      ["kubelet.containerRuntimeEndpoint", "unix:///run/crio/crio.sock", /the nodes run containerd/],
      ["kubelet.imageServiceEndpoint", "unix:///run/crio/crio.sock", /the nodes run containerd/],
      ["kubelet.address", "192.168.2.151", /for every node/],
      ["kubelet.enableServer", false, /the API servers/],
      ["kubelet.enableDebuggingHandlers", false, /kubectl exec/],
      ["kubelet.authentication.x509.clientCAFile", "/etc/ca.crt", /the cluster's own authority/],
      ["kubelet.serverTLSBootstrap", false, /nobody renews self-signed ones/],
      ["kubelet.rotateCertificates", false, /kubeadm turns it on/],
      ["kubelet.registerNode", false, /never becomes Ready/],
      ["kubelet.providerID", "aws:///i-0", /for every node/],
      ["kubeProxy.kind", "KubeProxyConfiguration", /set by kube-control/],
      ["kubeProxy.mode", "userspace", /no such mode/],
      ["kubeProxy.hostnameOverride", "k8s-master1", /each node's name/],
      ["kubeProxy.bindAddress", "192.168.2.151", /for every node/],
      ["kubeProxy.clientConnection.kubeconfig", "/root/.kube/config", /kubeadm mounts/],
      ["kubeProxy.clusterCIDR", "10.99.0.0/16", /kubernetes\.podSubnet/],
      ["containerd.cri.sandbox_image", "registry.k8s.io/pause:3.6", /pause image/],
      ["containerd.runtime.runtime_type", "io.containerd.kata.v2", /runc/],
      ["containerd.runcOptions.SystemdCgroup", false, /systemd's cgroups/],
    ] as const
  ).map(([field, value, what]) => ({
    about: `${field}, which has a fixed value`,
    spoil: (stack: Configuration) => (stack["kubernetes"] = { ...stack["kubernetes"], ...nested(field, value) }),
    key: `kube-control:kubernetes.${field}`,
    value: JSON.stringify(value),
    what,
    remedy: /^(Remove it|Set it to iptables)/,
  })),
  {
    about: "an election timeout of less than five heartbeat intervals",
    spoil: (stack) => (stack["kubernetes"].etcd = { heartbeatInterval: 61 }),
    key: "kube-control:kubernetes.etcd.electionTimeout",
    value: "300",
    what: /less than five times kube-control:kubernetes\.etcd\.heartbeatInterval, 61/,
    remedy: /^Set it to 305 or more/,
  },
  {
    about: "an election timeout that etcd does not accept",
    spoil: (stack) => (stack["kubernetes"].etcd = { electionTimeout: 50001 }),
    key: "kube-control:kubernetes.etcd.electionTimeout",
    value: "50001",
    what: "is not a whole number from 50 to 50000.",
    remedy: /300 within one site/,
  },
  {
    about: "a heartbeat interval in seconds",
    spoil: (stack) => (stack["kubernetes"].etcd = { heartbeatInterval: 0.05 }),
    key: "kube-control:kubernetes.etcd.heartbeatInterval",
    value: "0.05",
    what: "is not a whole number from 10 to 10000.",
    remedy: /milliseconds/,
  },
  {
    about: "a shutdown delay of more than a minute",
    spoil: (stack) => (stack["kubernetes"].shutdownDelay = 61),
    key: "kube-control:kubernetes.shutdownDelay",
    value: "61",
    what: "is not a whole number from 0 to 60.",
    remedy: /whole seconds/,
  },
  {
    about: "a shutdown delay with a unit",
    spoil: (stack) => (stack["kubernetes"].shutdownDelay = "2s"),
    key: "kube-control:kubernetes.shutdownDelay",
    value: '"2s"',
    what: "is not a number, but a text.",
    remedy: "Write it without quotes.",
  },
  {
    about: "a mirror for something that is not a registry",
    spoil: (stack) =>
      (stack["kubernetes"].containerd = { mirrors: { "https://registry.k8s.io": ["http://192.168.2.10:5000"] } }),
    key: 'kube-control:kubernetes.containerd.mirrors["https://registry.k8s.io"]',
    what: "is not a registry's name.",
    remedy: /registry\.k8s\.io/,
  },
];

const files: Case[] = [
  {
    about: "a private key that does not exist",
    spoil: (stack) => (stack["ssh"].privateKeyFile = `${scratch}/none`),
    key: "kube-control:ssh.privateKeyFile",
    what: /does not exist/,
    remedy: /ssh-keygen -t ed25519/,
  },
  {
    about: "a private key that is a folder",
    spoil: (stack) => (stack["ssh"].privateKeyFile = scratch),
    key: "kube-control:ssh.privateKeyFile",
    what: /is not a file/,
    remedy: /ssh-keygen/,
  },
  {
    about: "a private key file without a private key",
    spoil: (stack) => (stack["ssh"].privateKeyFile = file("text", "hello\n")),
    key: "kube-control:ssh.privateKeyFile",
    what: "is not a private key.",
    remedy: /ssh-keygen/,
  },
  {
    about: "a public key in place of the private one",
    spoil: (stack) => (stack["ssh"].privateKeyFile = file("id.pub", "ssh-ed25519 AAAAC3Nza ops@desk\n")),
    key: "kube-control:ssh.privateKeyFile",
    what: "is the public half of a key.",
    remedy: /not FILE\.pub/,
  },
  {
    about: "an OpenSSH key with a passphrase",
    spoil: (stack) => (stack["ssh"].privateKeyFile = lockedKey()),
    key: "kube-control:ssh.privateKeyFile",
    what: /has a passphrase/,
    remedy: /-N ''/,
  },
  {
    about: "a PKCS #8 key with a passphrase",
    spoil: (stack) =>
      (stack["ssh"].privateKeyFile = file(
        "locked8",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIF\n-----END ENCRYPTED PRIVATE KEY-----\n",
      )),
    key: "kube-control:ssh.privateKeyFile",
    what: /has a passphrase/,
    remedy: /-N ''/,
  },
  {
    about: "a damaged private key",
    spoil: (stack) => (stack["ssh"].privateKeyFile = file("damaged", privateKey.replace(/MIGH/, "AAAA"))),
    key: "kube-control:ssh.privateKeyFile",
    what: "is a damaged private key.",
    remedy: /ssh-keygen/,
  },
  {
    about: "a private key that others can read",
    spoil: (stack) => (stack["ssh"].privateKeyFile = file("open", privateKey, 0o644)),
    key: "kube-control:ssh.privateKeyFile",
    what: /can be read by other users \(mode 644\)/,
    remedy: /chmod 600/,
  },
  {
    about: "a known_hosts file that does not exist",
    spoil: (stack) => (stack["ssh"].knownHostsFile = `${scratch}/none`),
    key: "kube-control:ssh.knownHostsFile",
    what: /does not exist/,
    remedy: /ssh-keyscan -t ed25519 192\.168\.2\.151 192\.168\.2\.152 192\.168\.2\.153 192\.168\.2\.141/,
  },
  {
    about: "hosts without a key in known_hosts",
    spoil: (stack) => {
      stack["masters"][1].address = "192.168.2.171";
      stack["monitor"].address = "192.168.2.172";
    },
    key: "kube-control:ssh.knownHostsFile",
    what: "contains no key of k8s-master2 (192.168.2.171), monitor (192.168.2.172).",
    remedy: /ssh-keyscan -t ed25519 192\.168\.2\.171 192\.168\.2\.172 >> \S+`\.\s+Then compare each key/,
  },
  {
    about: "no private key, and no agent",
    spoil: (stack) => delete stack["ssh"].privateKeyFile,
    key: "kube-control:ssh.privateKeyFile",
    what: "is missing.",
    remedy: /Name the private key .* or set kube-control:ssh\.agent to true/,
  },
  {
    about: "a private key together with the agent",
    spoil: (stack) => (stack["ssh"].agent = true),
    key: "kube-control:ssh.privateKeyFile",
    what: /is set together with ssh\.agent: true/,
    remedy: /Remove one of the two/,
  },
  {
    about: "a jump host with another port and without a key in known_hosts",
    spoil: (stack) => (stack["ssh"].proxyJump = { host: "bastion.example.com", port: 2222 }),
    key: "kube-control:ssh.knownHostsFile",
    what: "contains no key of the jump host ([bastion.example.com]:2222).",
    remedy: /^Run `ssh-keyscan -p 2222 -t ed25519 bastion\.example\.com >> \S+`\.\s+Then compare each key/,
  },
  {
    about: "a jump host that ssh would read as an option",
    spoil: (stack) => (stack["ssh"].proxyJump = { host: "-oProxyCommand=reboot" }),
    key: "kube-control:ssh.proxyJump.host",
    what: "is not a host.",
    remedy: /bastion\.example\.com/,
  },
  {
    about: "hosts with only a certificate authority in known_hosts",
    spoil: (stack) => (stack["ssh"].knownHostsFile = file("authority", `@cert-authority 192.168.2.* ${hostKey}\n`)),
    key: "kube-control:ssh.knownHostsFile",
    what: /^contains only an authority \(@cert-authority\) for k8s-master1 \(192\.168\.2\.151\), .*does not check host certificates\.$/,
    remedy: /Add each host's own key/,
  },
  {
    about: "an illegal login name",
    spoil: (stack) => (stack["ssh"].user = "ops;reboot"),
    key: "kube-control:ssh.user",
    what: "is not a legal user name.",
    remedy: /e\.g\. ops/,
  },
];

const rest: Case[] = [
  {
    about: "an unknown section",
    spoil: (stack) => (stack["loadBalancer"] = []),
    key: "kube-control:loadBalancer",
    what: "is not a setting.",
    remedy: "Write kube-control:loadBalancers, if that is what you mean.",
  },
  {
    about: "a mistyped secret",
    spoil: (stack) => (stack["datadogApiKeys"] = "abc"),
    key: "kube-control:datadogApiKeys",
    what: "is not a setting.",
    remedy: "Write kube-control:datadogApiKey, if that is what you mean.",
  },
  {
    about: "an unknown nested setting",
    spoil: (stack) => (stack["loadBalancers"][1].prioritty = 90),
    key: "kube-control:loadBalancers[1].prioritty",
    what: "is not a setting.",
    remedy: "Write kube-control:loadBalancers[1].priority, if that is what you mean.",
  },
  {
    about: "an unknown setting at the third level",
    spoil: (stack) => (stack["kubernetes"].containerd = { mirror: {} }),
    key: "kube-control:kubernetes.containerd.mirror",
    what: "is not a setting.",
    remedy: "Write kube-control:kubernetes.containerd.mirrors, if that is what you mean.",
  },
  {
    about: "an unknown setting that is similar to no other",
    spoil: (stack) => (stack["nas"].colour = "blue"),
    key: "kube-control:nas.colour",
    what: "is not a setting.",
    remedy:
      "Remove it. Known here: address, port, service, source, tags, timezone, failedLogins, silentMinutes, pipelineOrder.",
  },
  {
    about: "a duration without a unit",
    spoil: (stack) => (stack["haproxy"] = { clientTimeout: "86400" }),
    key: "kube-control:haproxy.clientTimeout",
    value: '"86400"',
    what: "is not a duration.",
    remedy: /us, ms, s, m, h, d/,
  },
  {
    about: "a duration longer than HAProxy supports",
    spoil: (stack) => (stack["haproxy"] = { serverTimeout: "30d" }),
    key: "kube-control:haproxy.serverTimeout",
    what: "is not a duration from 1us to 24d.",
    remedy: /24h/,
  },
  {
    about: "more connections than HAProxy has file descriptors for",
    spoil: (stack) => (stack["haproxy"] = { maxConnections: 50000 }),
    key: "kube-control:haproxy.maxConnections",
    value: "50000",
    what: "is not a whole number from 100 to 32000.",
    remedy: /two of the 65536 file descriptors/,
  },
  {
    about: "an unknown Datadog site",
    spoil: (stack) => (stack["datadog"].site = "datadog.com"),
    key: "kube-control:datadog.site",
    what: "is not a Datadog site.",
    remedy: /datadoghq\.com/,
  },
  {
    about: "a NAS with the address of a host",
    spoil: (stack) => (stack["nas"].address = "192.168.2.160"),
    key: "kube-control:nas.address",
    value: '"192.168.2.160"',
    what: "is already the address of kube-control:monitor.address.",
    remedy: /the NAS's own address/,
  },
  {
    about: "a NAS with a loopback address",
    spoil: (stack) => (stack["nas"].address = "127.0.0.1"),
    key: "kube-control:nas.address",
    what: "is a loopback address.",
    remedy: /the NAS's own address/,
  },
  {
    about: "a NAS with a name in place of an address",
    spoil: (stack) => (stack["nas"].address = "nas.example.com"),
    key: "kube-control:nas.address",
    what: "is not an IPv4 address.",
    remedy: /192\.168/,
  },
  {
    about: "an illegal image",
    spoil: (stack) => (stack["datadog"].agentImage = "Datadog/Agent:7"),
    key: "kube-control:datadog.agentImage",
    what: "is not an image's name.",
    remedy: /datadog\/agent:7/,
  },
  {
    about: "an illegal tag",
    spoil: (stack) => (stack["nas"].tags = ["env:prod", "Vendor QNAP"]),
    key: "kube-control:nas.tags[1]",
    value: '"Vendor QNAP"',
    what: "is not a legal tag.",
    remedy: /lower-case/,
  },
  {
    about: "an illegal tag of the agent",
    spoil: (stack) => (stack["datadog"].tags = ["Env:prod"]),
    key: "kube-control:datadog.tags[0]",
    value: '"Env:prod"',
    what: "is not a legal tag.",
    remedy: /lower-case/,
  },
  {
    about: "a proxy section without a proxy",
    spoil: (stack) => (stack["datadog"].proxy = { noProxy: ["192.168.2.10"] }),
    key: "kube-control:datadog.proxy",
    what: "names no proxy.",
    remedy: /http, https or both/,
  },
  {
    about: "a proxy with a password in its address",
    spoil: (stack) => (stack["datadog"].proxy = { https: "http://ops:canary@192.168.2.3:3128" }),
    key: "kube-control:datadog.proxy.https",
    what: "is not an http or https URL.",
    remedy: /without user, password/,
  },
  {
    about: "a wildcard among the hosts without a proxy",
    spoil: (stack) => (stack["datadog"].proxy = { https: "http://192.168.2.3:3128", noProxy: ["*.local"] }),
    key: "kube-control:datadog.proxy.noProxy[0]",
    value: '"*.local"',
    what: "is not a host.",
    remedy: /no wildcards/,
  },
  {
    about: "less memory than the agent needs",
    spoil: (stack) => (stack["datadog"].agentMemory = 64),
    key: "kube-control:datadog.agentMemory",
    value: "64",
    what: "is not a whole number from 256 to 1048576.",
    remedy: /MiB/,
  },
  {
    about: "an unknown time zone",
    spoil: (stack) => (stack["nas"].timezone = "Asia/Singapur"),
    key: "kube-control:nas.timezone",
    value: '"Asia/Singapur"',
    what: "is not a known time zone.",
    remedy: /Asia\/Singapore/,
  },
  {
    about: "a notification handle without its @",
    spoil: (stack) => (stack["datadog"].notify = ["@slack-ops", "anna@example.com"]),
    key: "kube-control:datadog.notify[1]",
    value: '"anna@example.com"',
    what: "is not a notification handle.",
    remedy: /@anna@example\.com/,
  },
  {
    about: "a handle that is not in a list",
    spoil: (stack) => (stack["datadog"].notify = "@slack-ops"),
    key: "kube-control:datadog.notify",
    value: '"@slack-ops"',
    what: "is not a list, but a text.",
    remedy: /list/,
  },
  {
    about: "a pipeline file that does not exist",
    spoil: (stack) => (stack["datadog"].pipelines = ["nowhere/door.yaml"]),
    key: "kube-control:datadog.pipelines[0]",
    value: '"nowhere/door.yaml"',
    what: /^does not exist: \/.*\/nowhere\/door\.yaml\.$/,
    remedy: "Set it to a file that `npm run grok -- test nowhere/door.yaml` accepts.",
  },
  {
    about: "a pipeline file that is a folder",
    spoil: (stack) => (stack["datadog"].pipelines = [scratch]),
    key: "kube-control:datadog.pipelines[0]",
    what: /^is not a file: /,
    remedy: /grok -- test/,
  },
  {
    about: "a pipeline file without tests",
    spoil: (stack) => (stack["datadog"].pipelines = [file("door.json", '{"name": "door", "processors": []}')]),
    key: "kube-control:datadog.pipelines[0]",
    what: 'has no list of "tests".',
    remedy: /grok -- test/,
  },
  {
    about: "a pipeline file with an invalid processor",
    spoil: (stack) =>
      (stack["datadog"].pipelines = [
        file("door.yaml", "tests: []\npipeline: { name: Door, processors: [{ type: date-remapper }] }"),
      ]),
    key: "kube-control:datadog.pipelines[0]",
    what: /^is not a pipeline with tests: processors\[0\]\.sources: expected array/,
    remedy: /grok -- test/,
  },
  {
    about: "two pipeline files with the same name",
    spoil: (stack) =>
      (stack["datadog"].pipelines = ["door.json", "door.yaml"].map((name) =>
        file(name, '{"tests": [], "pipeline": {"name": "Door", "processors": []}}'),
      )),
    key: "kube-control:datadog.pipelines[1]",
    what: "has a name that is taken: door.",
    remedy: /Rename/,
  },
  {
    about: "a pipeline file with the name of the NAS's resources",
    spoil: (stack) =>
      (stack["datadog"].pipelines = [
        file("qnap-nas.json", '{"tests": [], "pipeline": {"name": "Q", "processors": []}}'),
      ]),
    key: "kube-control:datadog.pipelines[0]",
    what: "has a name that is taken: qnap-nas.",
    remedy: /Rename/,
  },
  {
    about: "two files whose pipelines have the same name",
    spoil: (stack) =>
      (stack["datadog"].pipelines = ["door.json", "gate.json"].map((name) =>
        file(name, '{"tests": [], "pipeline": {"name": "Door", "processors": []}}'),
      )),
    key: "kube-control:datadog.pipelines[1]",
    value: expect.stringMatching(/gate\.json"$/) as string,
    what: /^has a pipeline with the name of \/.*\/door\.json: Door\.$/,
    remedy: /name of its own/,
  },
  {
    about: "a file whose pipeline has the name of the NAS's pipeline",
    spoil: (stack) =>
      (stack["datadog"].pipelines = [
        file("other.json", '{"tests": [], "pipeline": {"name": "QNAP NAS", "processors": []}}'),
      ]),
    key: "kube-control:datadog.pipelines[0]",
    what: "has a pipeline with the name of the NAS's own: QNAP NAS.",
    remedy: /name of its own/,
  },
  {
    about: "a threshold of zero failed logins",
    spoil: (stack) => (stack["nas"].failedLogins = 0),
    key: "kube-control:nas.failedLogins",
    value: "0",
    what: "is not a whole number from 1 to 10000.",
    remedy: /forgetful/,
  },
  {
    about: "a threshold that is not a whole number of failed logins",
    spoil: (stack) => (stack["nas"].failedLogins = 2.5),
    key: "kube-control:nas.failedLogins",
    value: "2.5",
    what: "is not a whole number from 1 to 10000.",
    remedy: /forgetful/,
  },
  {
    about: "a silence of zero minutes",
    spoil: (stack) => (stack["nas"].silentMinutes = 0),
    key: "kube-control:nas.silentMinutes",
    value: "0",
    what: "is not a whole number from 1 to 2880.",
    remedy: /minutes/,
  },
  {
    about: "a silence longer than Datadog evaluates",
    spoil: (stack) => (stack["nas"].silentMinutes = 2881),
    key: "kube-control:nas.silentMinutes",
    value: "2881",
    what: "is not a whole number from 1 to 2880.",
    remedy: /2880/,
  },
  {
    about: "an unknown place among the pipelines",
    spoil: (stack) => (stack["nas"].pipelineOrder = "top"),
    key: "kube-control:nas.pipelineOrder",
    value: '"top"',
    what: "is not a place among pipelines.",
    remedy: /first, last, \{ before: X \} or \{ after: X \}/,
  },
  {
    about: "two places among pipelines",
    spoil: (stack) => (stack["nas"].pipelineOrder = { before: "NGINX", after: "Syslog" }),
    key: "kube-control:nas.pipelineOrder",
    value: '{"before":"NGINX","after":"Syslog"}',
    what: "is not a place among pipelines.",
    remedy: /exact name/,
  },
  {
    about: "a place before a pipeline without a name",
    spoil: (stack) => (stack["nas"].pipelineOrder = { before: "" }),
    key: "kube-control:nas.pipelineOrder",
    what: "is not a place among pipelines.",
    remedy: /id or its exact name/,
  },
  {
    about: "a health port that is the port of the API servers",
    spoil: (stack) => (stack["haproxy"] = { healthPort: 6443 }),
    key: "kube-control:haproxy.healthPort",
    value: "6443",
    what: "is already the port of the API servers (kube-control:endpoint.port).",
    remedy: /free port/,
  },
  {
    about: "a port of the API servers that is the default health port",
    spoil: (stack) => (stack["endpoint"].port = 8404),
    key: "kube-control:haproxy.healthPort",
    value: "8404",
    what: /port of the API servers/,
    remedy: /free port/,
  },
  {
    about: "a health port that is sshd's",
    spoil: (stack) => (stack["haproxy"] = { healthPort: 22 }),
    key: "kube-control:haproxy.healthPort",
    what: /port of sshd on every host/,
    remedy: /free port/,
  },
  {
    about: "a port of the NAS that the agent uses itself",
    spoil: (stack) => (stack["nas"].port = 8125),
    key: "kube-control:nas.port",
    value: "8125",
    what: /DogStatsD/,
    remedy: /free UDP port/,
  },
  {
    about: "a boolean in quotes",
    spoil: (stack) => (stack["kubernetes"].encryptionAtRest = "yes"),
    key: "kube-control:kubernetes.encryptionAtRest",
    what: "is not true or false, but a text.",
    remedy: /without quotes/,
  },
];

/** Texts that are written unchanged to a file on a host or to a command line. */
const recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

const bucket = { endpoint: "https://s3.example.com", bucket: "cluster-backups", accessKeyId: "AKIAIOSFODNN7EXAMPLE" };
const backup: Case[] = [
  {
    about: "a public key with a mistake",
    spoil: (stack) => (stack["backup"] = { recipients: [recipient, recipient.replace("ql3", "ql4")] }),
    key: "kube-control:backup.recipients[1]",
    value: `"${recipient.replace("ql3", "ql4")}"`,
    what: "is not a public key of age: a character is wrong or missing.",
    remedy: /age-keygen -o/,
  },
  {
    about: "a public key that is cut",
    spoil: (stack) => (stack["backup"] = { recipients: [recipient.slice(0, -1)] }),
    key: "kube-control:backup.recipients[0]",
    what: "is not a public key of age: a character is wrong or missing.",
    remedy: /age-keygen -o/,
  },
  {
    about: "an SSH key as a public key of age",
    spoil: (stack) => (stack["backup"] = { recipients: [hostKey] }),
    key: "kube-control:backup.recipients[0]",
    what: "is an SSH key.",
    remedy: /enter the public key that it prints \(age1…\)/,
  },
  {
    about: "a public key of a plugin",
    spoil: (stack) =>
      (stack["backup"] = { recipients: ["age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"] }),
    key: "kube-control:backup.recipients[0]",
    what: "needs age's plugin yubikey, which the masters do not have.",
    remedy: /age-keygen -o/,
  },
  {
    about: "a number of archives that leaves no former one",
    spoil: (stack) => (stack["backup"] = { recipients: [recipient], keep: 1 }),
    key: "kube-control:backup.keep",
    value: "1",
    what: "is not a whole number from 2 to 200.",
    remedy: /e\.g\. 14/,
  },
  {
    about: "an interval that does not divide a day",
    spoil: (stack) => (stack["backup"] = { recipients: [recipient], intervalHours: 5 }),
    key: "kube-control:backup.intervalHours",
    value: "5",
    what: "is not one of the choices.",
    remedy: "Set it to one of 1, 2, 3, 4, 6, 8, 12, 24.",
  },
  {
    about: "copies on a master",
    spoil: (stack) => (stack["backup"] = { recipients: [recipient], copyTo: "k8s-master2" }),
    key: "kube-control:backup.copyTo",
    value: '"k8s-master2"',
    what: "k8s-master2 is a master: with the master, its copies of the archives would be lost too.",
    remedy: "Name a host that is not a master, e.g. the monitor.",
  },
  {
    about: "copies on a host of another stack",
    spoil: (stack) => (stack["backup"] = { recipients: [recipient], copyTo: "nas" }),
    key: "kube-control:backup.copyTo",
    value: '"nas"',
    what: "is not a host of the stack.",
    remedy: "Set it to one of haproxy-lb1, haproxy-lb2, monitor.",
  },
  ...[
    [
      "a bucket at an http URL",
      "endpoint",
      "http://s3.example.com",
      "is not an https URL of host, port and path.",
      /https:\/\/s3\./,
    ],
    [
      "a bucket at a URL with a user",
      "endpoint",
      "https://a:b@s3.example.com",
      "is not an https URL of host, port and path.",
      /S3 API/,
    ],
    [
      "a bucket at a URL with a query",
      "endpoint",
      "https://s3.example.com/?a=b",
      "is not an https URL of host, port and path.",
      /S3 API/,
    ],
    [
      "a bucket at a URL that a unit would expand",
      "endpoint",
      "https://s3.example.com/%h",
      "is not an https URL of host, port and path.",
      /S3 API/,
    ],
    [
      "a bucket at a URL with a second line",
      "endpoint",
      "https://s3.example.com\nx",
      "is not an https URL of host, port and path.",
      /S3 API/,
    ],
    [
      "a bucket with a path in its name",
      "bucket",
      "backups/prod",
      "is not the name of a bucket.",
      /3 to 63 lower-case letters/,
    ],
    ["a bucket with a short name", "bucket", "ab", "is not the name of a bucket.", /3 to 63 lower-case letters/],
    ["a region with a colon", "region", "us:east", "is not the name of a region.", /eu-central-1/],
    [
      "a prefix with a slash at its end",
      "prefix",
      "clusters/",
      "is not a prefix of keys.",
      /Without a slash at the end/,
    ],
    [
      "a prefix that leaves the bucket",
      "prefix",
      "../other",
      "is not a prefix of keys.",
      /no part may begin with a dot/,
    ],
  ].map(([about, key, value, what, remedy]): Case => ({
    about: String(about),
    spoil: (stack) => {
      stack["backup"] = { recipients: [recipient], s3: { ...bucket, [String(key)]: value } };
      stack["s3SecretAccessKey"] = "canary-s3";
    },
    key: `kube-control:backup.s3.${String(key)}`,
    value: JSON.stringify(value),
    what: String(what),
    remedy: remedy as RegExp,
  })),
  {
    about: "a bucket without recipients",
    spoil: (stack) => {
      stack["backup"] = { s3: bucket };
      stack["s3SecretAccessKey"] = "canary-s3";
    },
    key: "kube-control:backup.s3",
    what: "is set, but kube-control:backup.recipients is empty, so that no archive is made.",
    remedy: /Add a public key there, or remove this section\. Run `age-keygen/,
  },
];

const written: Case[] = [
  ...[
    ["a second line", "https://a/deb/\ndeb [trusted=yes] http://evil/ ./"],
    ["a line end", "https://pkgs.example/deb/\n"],
    ["a carriage return", "https://pkgs.example/deb/\r"],
    ["a tab", "https://pkgs.example/\tdeb/"],
    ["a blank", "https://pkgs.example/deb/ stable"],
    ["a blank at its beginning", " https://pkgs.example/deb/"],
    ["a comment", "https://pkgs.example/deb/#stable"],
    ["a backslash", "https://pkgs.example\\deb"],
    ["a quotation mark", 'https://pkgs.example/"deb"'],
    ["a Unicode line separator", "https://pkgs.example/\u2028deb"],
  ].map(([what, url = ""]): Case => ({
    about: `a URL with ${what}`,
    spoil: (stack) => (stack["kubernetes"].repository = { url }),
    key: "kube-control:kubernetes.repository.url",
    what: /not allowed in a URL/,
    remedy: /scheme, host and path/,
  })),
  {
    about: "a mirror's URL with a line end",
    spoil: (stack) => (stack["kubernetes"].containerd = { mirrors: { "docker.io": ["http://m:5000/\n[x]"] } }),
    key: 'kube-control:kubernetes.containerd.mirrors["docker.io"][0]',
    what: /not allowed in a URL/,
    remedy: /scheme, host and path/,
  },
  {
    about: "a path with a line end",
    spoil: (stack) => (stack["datadog"].pipelines = ["pipelines/door.yaml\n"]),
    key: "kube-control:datadog.pipelines[0]",
    what: "is not a path.",
    remedy: /Name a file/,
  },
  {
    about: "a repository's key with a control character",
    spoil: (stack) => (stack["kubernetes"].repository = { key: "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\u001b[2J\n" }),
    key: "kube-control:kubernetes.repository.key",
    what: /ASCII-armoured/,
    remedy: /BEGIN PGP/,
  },
];

/** Texts that YAML reads as another type, and placeholders of the examples. */
const misread: Case[] = [
  {
    about: "the example's placeholder",
    spoil: (stack) => (stack["endpoint"].cloudflare.zoneId = "REPLACE_ME"),
    key: "kube-control:endpoint.cloudflare.zoneId",
    what: "still contains a placeholder.",
    remedy: /32 hexadecimal digits .*in quotes/,
  },
  {
    about: "a placeholder in another text",
    spoil: (stack) => (stack["endpoint"].fqdn = "<your name>"),
    key: "kube-control:endpoint.fqdn",
    what: "still contains a placeholder.",
    remedy: /fully qualified name/,
  },
  {
    about: "zeros that Pulumi wrote as a number",
    spoil: (stack) => (stack["endpoint"].cloudflare.zoneId = 0),
    key: "kube-control:endpoint.cloudflare.zoneId",
    value: "0",
    what: "is not a text, but a number.",
    remedy: /^Write it in quotes: without quotes, YAML reads it as a number.*enter the original text again/,
  },
  {
    about: "a host name that YAML reads as a number",
    spoil: (stack) => (stack["masters"][0].name = 1e3),
    key: "kube-control:masters[0].name",
    what: "is not a text, but a number.",
    remedy: /in quotes/,
  },
  {
    about: "a user name that YAML reads as true",
    spoil: (stack) => (stack["ssh"].user = true),
    key: "kube-control:ssh.user",
    what: "is not a text, but true or false.",
    remedy: /reads it as true or false/,
  },
  {
    about: "a list in place of a text",
    spoil: (stack) => (stack["ssh"].user = ["ops"]),
    key: "kube-control:ssh.user",
    what: "is not a text, but a list.",
    remedy: "Set it to a single value, in quotes.",
  },
];

describe.each([
  ["texts that are written unchanged", written],
  ["texts that YAML misreads", misread],
  ["endpoint", endpoint],
  ["machines", machines],
  ["virtual IP", virtualIp],
  ["kubernetes", kubernetes],
  ["backup", backup],
  ["files", files],
  ["other settings", rest],
])("refuses, in %s:", (_, cases) => {
  it.each(cases)("$about", ({ spoil, key, value, what, remedy }) => {
    const stack = goodStack();
    spoil(stack);
    const mistakes = mistakesOf(stack);
    expect(mistakes).toEqual([
      expect.objectContaining({
        key,
        ...(value === undefined ? {} : { value }),
        what: typeof what === "string" ? what : expect.stringMatching(what),
        remedy: typeof remedy === "string" ? remedy : expect.stringMatching(remedy),
      }),
    ]);
  });
});

test.each([
  ["in the list", { recipients: ["AGE-SECRET-KEY-1CANARY"] }, "kube-control:backup.recipients[0]"],
  ["in place of the list", { recipients: "AGE-SECRET-KEY-1CANARY" }, "kube-control:backup.recipients"],
])("an identity of age %s is refused and not printed", (_where, section, key) => {
  const mistakes = mistakesOf({ ...goodStack(), backup: section });
  expect(mistakes).toMatchObject([{ key }]);
  expect(JSON.stringify(mistakes)).not.toContain("CANARY");
});

test("a secret in the place of an access key's id is refused and not printed", () => {
  const section = { recipients: [recipient], s3: { ...bucket, accessKeyId: "CANARY/K7MDENG+bPxRfiCYEXAMPLEKEY" } };
  const mistakes = mistakesOf({ ...goodStack(), backup: section, s3SecretAccessKey: "canary-s3" });
  expect(mistakes).toMatchObject([
    { key: "kube-control:backup.s3.accessKeyId", value: undefined, what: "is not the id of an access key." },
  ]);
  expect(JSON.stringify(mistakes)).not.toContain("CANARY");
});
