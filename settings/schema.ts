import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { defaultVersion } from "../components/control-plane";
import type { DialledHost } from "../host/host";
import * as field from "./fields";
import { isDialled } from "./names";

const machine = z.strictObject({
  /** The machine's host name, which is its Kubernetes node name too. */
  name: field.hostName(),
  /** Its IPv4 address on the stack's network. */
  address: field.address(),
});

const cloudflare = z.strictObject({
  /** The zone's id: 32 hexadecimal digits, on the zone's overview page. */
  zoneId: field.text(
    // The zeros of an earlier example stack are no zone.
    (value) => /^[0-9a-f]{32}$/.test(value) && !/^0+$/.test(value),
    "is not a Cloudflare zone id",
    "Give the 32 hexadecimal digits from the zone's overview page in Cloudflare's dashboard, in quotes.",
  ),
  /** Base of the API, where it is not Cloudflare's own. */
  baseUrl: field.url("https://api.cloudflare.com/client/v4").optional(),
});

const rfc2136 = z.strictObject({
  /** IPv4 address of the name server that takes the updates. */
  server: field.address(),
  port: field.port().default(53),
  /** The zone that holds the name, e.g. `kacangisnuts.com`. */
  zone: field.domainName("kacangisnuts.com"),
  /** Name of the TSIG key. */
  keyName: field.text(
    (value) => /^[A-Za-z0-9]([A-Za-z0-9._-]{0,253}[A-Za-z0-9])?$/.test(value),
    "is not a legal key name",
    "Give the name of the TSIG key as the name server knows it, without a dot at the end.",
  ),
  keyAlgorithm: z
    .enum(["hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"])
    .default("hmac-sha256"),
});

const endpoint = z.strictObject({
  /** The control plane's name, e.g. `kube-control.kacangisnuts.com`. */
  fqdn: field.domainName("kube-control.kacangisnuts.com"),
  /** TCP port of the API servers and of the load balancers. */
  port: field.port().default(6443),
  /** Seconds that resolvers may keep the record. */
  ttl: field
    .wholeNumber(1, 86400, "Give seconds; 60 lets the swap to the virtual IP be seen within a minute.")
    .default(60),
  /** Who serves the zone; may be left out, as one of the two sections below says it too. */
  provider: z.enum(["cloudflare", "rfc2136"]).optional(),
  cloudflare: cloudflare.optional(),
  rfc2136: rfc2136.optional(),
  /**
   * IPv4 addresses of authoritative name servers that have to answer with a new address before a change is done; each
   * host's own resolver is asked in any case. Default: none.
   */
  nameServers: z.array(field.address()).default([]),
});

const loginName = () =>
  field.text(
    (value) => /^[a-z_][a-z0-9_.-]{0,31}$/.test(value),
    "is not a legal user name",
    "Give the login name that every host knows, e.g. ops.",
  );

const proxyJump = z.strictObject({
  /** Address or name of the host through which all others are reached; its key is in known_hosts too. */
  host: field.text(
    isDialled,
    "is not a host",
    "Give the jump host's IPv4 address or its name, e.g. bastion.example.com.",
  ),
  port: field.port().default(22),
  /** Login name there. Default: the hosts' own. */
  user: loginName().optional(),
});

const ssh = z.strictObject({
  /** Login name on every host; an ordinary user needs password-less sudo. */
  user: loginName(),
  port: field.port().default(22),
  /** The private key: a path from the project's folder, or from home with `~/`. It may have no passphrase. */
  privateKeyFile: field.filePath("~/.ssh/id_ed25519").optional(),
  /** The keys of the operator's ssh agent log in, in place of a file. */
  agent: z.boolean().default(false),
  /** known_hosts file with every host's public key. */
  knownHostsFile: field.filePath("~/.ssh/known_hosts"),
  proxyJump: proxyJump.optional(),
});

const virtualIp = z.strictObject({
  /** The IPv4 address that moves between the load balancers. */
  address: field.address(),
  /** Prefix length of the network that the load balancers share. */
  prefixLength: field.wholeNumber(8, 30, "Give the prefix length of the load balancers' network, e.g. 24.").default(24),
  /** VRRP's virtual router id. */
  routerId: field
    .wholeNumber(1, 255, "Choose an id that no other VRRP router of this network has, e.g. 33.")
    .default(33),
  /** VRRP's version: 3 has adverts below a second and no password. */
  vrrpVersion: z.union([z.literal(2), z.literal(3)]).default(3),
  /** Seconds between adverts. Default: 0.04 with version 3, 1 with version 2. */
  advertInterval: z.number().optional(),
  /** Whether the load balancer of the highest priority takes the virtual IP back when it returns. */
  preempt: z.boolean().default(false),
});

const haproxy = z.strictObject({
  /** Path of the stats socket, for root only. */
  statsSocket: field
    .text(
      (value) => /^\/[\w./-]{1,100}$/.test(value),
      "is not a path for a socket",
      "Give an absolute path of at most 100 characters, e.g. /run/haproxy.sock.",
    )
    .optional(),
  /** How long a connection to an API server may take to open. */
  connectTimeout: field.duration("50ms").optional(),
  /** How long a client may be silent: watches are, for hours. */
  clientTimeout: field.duration("24h").optional(),
  /** How long an API server may be silent. */
  serverTimeout: field.duration("24h").optional(),
  /** How often each API server is asked for `/readyz`. */
  checkInterval: field.duration("200ms").optional(),
  /** TCP port on each load balancer's loopback where HAProxy tells which API servers are up. */
  healthPort: field.port().optional(),
});

const repository = z.strictObject({
  /** The apt repository with kubeadm, kubelet and kubectl: a flat one, as pkgs.k8s.io is. */
  url: field.url("https://pkgs.k8s.io/core:/stable:/v1.37/deb/").optional(),
  /** The repository's public key, ASCII-armoured. */
  key: field
    .text(
      (value) =>
        value.includes("-----BEGIN PGP PUBLIC KEY BLOCK-----") && !/\p{Cc}/u.test(value.replaceAll(/\r?\n|\t/g, "")),
      "is not an ASCII-armoured public key",
      "Give the text that begins with -----BEGIN PGP PUBLIC KEY BLOCK-----, or keyUrl in its place.",
    )
    .optional(),
  /** Where hosts fetch that key. Default: `Release.key` beside the repository. */
  keyUrl: field.url("https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key").optional(),
  /** The fingerprint that the fetched key must have. Default: that of pkgs.k8s.io's key for a key from there, else any. */
  keyFingerprint: field
    .text(
      (value) => /^[0-9A-Fa-f]{40}$/.test(value.replaceAll(" ", "")),
      "is not a key's fingerprint",
      "Give its 40 hexadecimal digits, as gpg --show-keys prints them.",
    )
    .optional(),
});

const cni = z.strictObject({
  /** The pod network: flannel, one of the user's own by a manifest, or none yet. */
  name: z.enum(["flannel", "none", "manifest"]).default("flannel"),
  /** YAML file with the network's manifest, where `name` is `manifest`. */
  manifest: field.filePath("cni/manifest.yaml").optional(),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const anyFields = z.record(z.string(), z.json());

const containerd = z.strictObject({
  /** Registry → its mirrors, asked in turn. */
  mirrors: z
    .record(
      z.string(),
      field.atLeast(
        1,
        field.url("http://192.168.2.10:5000"),
        "names no mirror",
        "Name at least one URL, or take the registry out.",
      ),
    )
    .default({}),
  /** More keys for the CRI plugin's section of config.toml. */
  cri: z.record(z.string(), scalar).default({}),
  /** More keys for the section of the runtime runc. */
  runtime: z.record(z.string(), scalar).default({}),
  /** More options of runc; `SystemdCgroup` is set already. */
  runcOptions: z.record(z.string(), scalar).default({}),
  /** Folder of the CNI plugins. Default: `/opt/cni/bin`. */
  binDir: field
    .text(
      (value) => /^\/[\w./-]+$/.test(value),
      "is not an absolute path",
      "Give the folder with the CNI plugins, e.g. /opt/cni/bin.",
    )
    .optional(),
});

const kubernetes = z.strictObject({
  /** Version of every Kubernetes component. A later version of this program may have another default: name it. */
  version: field
    .text(
      (value) => /^v1\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(value),
      "is not a Kubernetes version",
      `Give a whole version, e.g. ${defaultVersion}.`,
    )
    .default(defaultVersion),
  podSubnet: field.network().default("10.244.0.0/16"),
  serviceSubnet: field.network().default("10.96.0.0/12"),
  repository: repository.prefault({}),
  /** Where the control plane's images come from. */
  imageRepository: field
    .text(
      (value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*$/.test(value),
      "is not an image repository",
      "Give a registry and a path without a scheme, e.g. registry.k8s.io.",
    )
    .default("registry.k8s.io"),
  cni: cni.prefault({}),
  /** More fields for every node's KubeletConfiguration. */
  kubelet: anyFields.default({}),
  /** More fields for KubeProxyConfiguration. */
  kubeProxy: anyFields.default({}),
  containerd: containerd.prefault({}),
  /** Encrypts Secrets in etcd. */
  encryptionAtRest: z.boolean().default(true),
  /** Milliseconds between etcd's heartbeats, and without one until a leader is elected. */
  etcd: z
    .strictObject({
      heartbeatInterval: field.wholeNumber(10, 10000, "Give milliseconds: 50 within one site.").default(50),
      electionTimeout: field.wholeNumber(50, 50000, "Give milliseconds: 300 within one site.").default(300),
    })
    .prefault({}),
  /** Seconds for which an API server that is told to stop serves on, so that the load balancers turn away from it first. */
  shutdownDelay: field.wholeNumber(0, 60, "Give whole seconds: 2 is plenty for checks every 200 ms.").default(2),
});

const agentProxy = z
  .strictObject({
    /** For what goes by http, which is nothing of Datadog's own. */
    http: field.url("http://192.168.2.3:3128").optional(),
    /** For what goes by https. */
    https: field.url("http://192.168.2.3:3128").optional(),
    /** Hosts that are reached without it, as the agent's addresses have them: no wildcards. */
    noProxy: z
      .array(
        field.text(
          (value) => /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/.test(value),
          "is not a host",
          "Give a whole name or an address, e.g. 192.168.2.10 or proxy.local:8080; the agent knows no wildcards.",
        ),
      )
      .default([]),
  })
  .refine(({ http, https }) => http !== undefined || https !== undefined, {
    message: "names no proxy",
    params: { todo: "Give http, https or both: the proxy's URL. Or take the section out." },
  });

/**
 * The site parameters that Datadog publishes.
 *
 * @see https://docs.datadoghq.com/getting_started/site/
 */
const datadogSites: readonly string[] = [
  "datadoghq.com",
  "us3.datadoghq.com",
  "us5.datadoghq.com",
  "datadoghq.eu",
  "ap1.datadoghq.com",
  "ap2.datadoghq.com",
  "uk1.datadoghq.com",
  "ddog-gov.com",
  "us2.ddog-gov.com",
];

const datadog = z.strictObject({
  /** The organisation's Datadog site. */
  site: field
    .text(
      (value) => datadogSites.includes(value),
      "is not a Datadog site",
      `Give the site parameter of the organisation's site, one of ${datadogSites.join(", ")}.`,
    )
    .default("datadoghq.com"),
  /** Base of the API, where it is not the site's own. */
  apiUrl: field.url("https://api.datadoghq.com").optional(),
  /** The logs intake, where it is not the site's own. */
  logsUrl: field.url("https://http-intake.logs.datadoghq.com").optional(),
  /** Base of the log explorer's links, where it is not the site's own. */
  explorerUrl: field.url("https://app.datadoghq.com").optional(),
  /** Whom the monitors notify, as Datadog writes it in a message. Default: nobody; Datadog shows their state. */
  notify: z
    .array(
      field.text(
        (value) => /^@[^\s@{}\p{Cc}][^\s{}\p{Cc}]{0,199}$/u.test(value),
        "is not a notification handle",
        "Give it as Datadog's messages have it, with an @ first: @anna@example.com, @slack-ops, @pagerduty-home.",
      ),
    )
    .default([]),
  /**
   * Files with further pipelines, in the format of `npm run grok -- check`: paths from the project's folder, or from home
   * with `~/`. Each is named after its file. Default: none.
   */
  pipelines: z.array(field.filePath("pipelines/door.yaml")).default([]),
  /** The agent's image. */
  agentImage: field
    .text(
      (value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(value),
      "is not an image's name",
      "Give repository and tag, e.g. datadog/agent:7.",
    )
    .default("datadog/agent:7"),
  /** Mirrors of Docker Hub for the monitor's Docker. */
  registryMirrors: z.array(field.url("http://192.168.2.10:5000")).default([]),
  /** Tags of everything that the agent sends. */
  tags: z.array(field.tag()).default([]),
  /** The proxy that leads from the monitor to Datadog. */
  proxy: agentProxy.optional(),
  /** Most memory of the agent's container, in MiB. Default: no limit. */
  agentMemory: field.wholeNumber(256, 1048576, "Give MiB: 512 is plenty for an agent that collects logs.").optional(),
});

const word = (example: string) =>
  field.text(
    (value) => /^[a-z][a-z0-9_.-]{0,99}$/.test(value),
    "is not a legal name in Datadog",
    `Give lower-case letters, digits and _ - . with a letter first, e.g. ${example}.`,
  );

const another = z.string().min(1);
const place = z.union([
  z.enum(["first", "last"]),
  z.strictObject({ before: another }),
  z.strictObject({ after: another }),
]);

const nas = z.strictObject({
  /** The NAS's own IPv4 address: lines from others are dropped. Default: any address may send, which a preview warns of. */
  address: field.address().optional(),
  /** UDP port on the monitor that the NAS sends its log to. */
  port: field.port().default(15141),
  /** Datadog's `service` of these logs. */
  service: word("qnap-nas").default("qnap-nas"),
  /** Datadog's `source` of these logs. */
  source: word("qnap").default("qnap"),
  tags: z.array(field.tag()).default(["cloud_provider:vsphere", "availability_zone:sgp1", "env:prod", "vendor:qnap"]),
  /** The zone of the NAS's clock: its lines carry none. */
  timezone: field.timeZone().default("UTC"),
  /** Failed logins from one address within five minutes that raise an alert. */
  failedLogins: field.wholeNumber(1, 10000, "Give a number that a forgetful user stays below, e.g. 5.").default(5),
  /** Minutes without a line that raise an alert. */
  silentMinutes: field
    .wholeNumber(1, 2880, "Give minutes, longer than the NAS's own quiet times: 60 is an hour, 2880 two days.")
    .default(60),
  /** Where the pipeline of these logs stands among the organisation's. Default: where it is. */
  pipelineOrder: field
    .oneOfShapes(
      place,
      "is not a place among pipelines",
      "Give first, last, { before: X } or { after: X }, where X is another pipeline's id or its exact name.",
    )
    .optional(),
});

const loadBalancer = machine.extend({
  /** VRRP priority; the highest takes the virtual IP first. Default: 250, 240, 230 … in turn. */
  priority: field
    .wholeNumber(1, 254, "Give each load balancer a priority of its own; 255 is kept for an address's owner.")
    .optional(),
});

/** The structured part of a stack's configuration; the secrets are read beside it. */
export const stackSchema = z.strictObject({
  endpoint,
  ssh,
  masters: field.atLeast(
    1,
    machine,
    "has no control plane node",
    "List the masters: name and address, three of them for a cluster that survives one.",
  ),
  workers: z.array(machine).default([]),
  loadBalancers: field.atLeast(
    2,
    loadBalancer,
    "has fewer than two load balancers",
    "List two or more, so that one may fail.",
  ),
  virtualIp,
  haproxy: haproxy.prefault({}),
  kubernetes,
  monitor: machine,
  datadog: datadog.prefault({}),
  nas: nas.prefault({}),
});

export type StackConfiguration = z.output<typeof stackSchema>;

type Endpoint = Omit<StackConfiguration["endpoint"], "provider" | "cloudflare" | "rfc2136">;

export interface CloudflareSettings extends z.output<typeof cloudflare> {
  readonly apiToken: pulumi.Output<string>;
}

export interface Rfc2136Settings extends z.output<typeof rfc2136> {
  /** The TSIG key's secret, base64. */
  readonly secret: pulumi.Output<string>;
}

export interface EndpointSettings extends Endpoint {
  /** Set where Cloudflare serves the zone; exactly one of the two is set. */
  readonly cloudflare?: CloudflareSettings;
  /** Set where a name server takes RFC 2136 updates. */
  readonly rfc2136?: Rfc2136Settings;
}

export interface LoadBalancer extends DialledHost {
  readonly priority: number;
}

export interface VirtualIpSettings extends Readonly<StackConfiguration["virtualIp"]> {
  /** Set with VRRP version 2 only. */
  readonly password?: pulumi.Output<string>;
}

/** An apt repository: its address, and its key as text or where to fetch it; exactly one of the two is set. */
export interface RepositorySettings {
  readonly url: string;
  readonly key?: string;
  readonly keyUrl?: string;
  /** 40 hexadecimal digits in upper case, where the fetched key must have this one. */
  readonly keyFingerprint?: string;
}

export interface KubernetesSettings extends Omit<StackConfiguration["kubernetes"], "repository" | "cni"> {
  readonly repository: RepositorySettings;
  /** `manifest` is an absolute path, set where `name` is `manifest`. */
  readonly cni: { readonly name: "flannel" | "none" | "manifest"; readonly manifest?: string };
}

/** A file with a pipeline and its tests. */
export interface PipelineFileSettings {
  /** Names the resources: the file's name without its ending. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** The path as the configuration has it. */
  readonly given: string;
}

export interface DatadogSettings extends Omit<z.output<typeof datadog>, "pipelines"> {
  readonly pipelines: readonly PipelineFileSettings[];
  readonly apiKey: pulumi.Output<string>;
  readonly appKey: pulumi.Output<string>;
}

/** A stack's configuration: typed, with its defaults, found free of mistakes. */
export interface Settings {
  readonly endpoint: EndpointSettings;
  /** One or more, an odd number. */
  readonly masters: [DialledHost, ...DialledHost[]];
  readonly workers: DialledHost[];
  readonly loadBalancers: LoadBalancer[];
  readonly virtualIp: VirtualIpSettings;
  readonly haproxy: StackConfiguration["haproxy"];
  readonly kubernetes: KubernetesSettings;
  readonly monitor: DialledHost;
  readonly datadog: DatadogSettings;
  readonly nas: StackConfiguration["nas"];
}
