import {
  choice,
  flag,
  integer,
  list,
  map,
  record,
  required,
  text,
  type Field,
  type Fields,
  type Shape,
} from "../protocol/schema";
import type { Properties } from "../protocol/value";

const replacing = (field: Field): Field => ({ ...field, replaces: true });
const anyOrder = (field: Field): Field => ({ ...field, replaces: true, unordered: true });
const computed = (field: Field): Field => ({ ...field, replaces: true, computed: true });
const unneeded = (field: Field): Field => ({ ...field, unsupported: "no container of kube-control's needs it" });

export const imageInputs: Fields = {
  name: replacing(required(text)),
  platform: replacing(text),
  pullTriggers: anyOrder(list(text)),
  triggers: replacing(map(text)),
  keepLocally: flag,
  forceRemove: flag,
  build: unneeded(record({})),
};

const port: Fields = {
  internal: required(integer),
  external: { ...integer, computed: true },
  ip: { ...text, fallback: "0.0.0.0" },
  protocol: { ...text, fallback: "tcp" },
};

const volume: Fields = {
  containerPath: text,
  hostPath: text,
  volumeName: text,
  readOnly: flag,
  fromContainer: unneeded(text),
  selinuxRelabel: unneeded(choice("z", "Z")),
};

const mount: Fields = {
  target: required(text),
  type: required(choice("bind", "volume", "tmpfs")),
  source: text,
  readOnly: flag,
  bindOptions: record({ propagation: text }),
  tmpfsOptions: unneeded(record({})),
  volumeOptions: unneeded(record({})),
};

const health: Fields = {
  tests: required(list(text)),
  interval: text,
  timeout: text,
  startPeriod: text,
  startInterval: unneeded(text),
  retries: integer,
};

const network: Fields = {
  name: required(text),
  aliases: { ...list(text), unordered: true },
  ipv4Address: text,
  ipv6Address: text,
  driverOpts: unneeded(list(text)),
  gwPriority: unneeded(integer),
  linkLocalIps: unneeded(list(text)),
  macAddress: unneeded(text),
};

const device: Fields = {
  hostPath: required(text),
  containerPath: text,
  permissions: { ...text, fallback: "rwm" },
};

/** What can be changed on a container that stands; every other change replaces it. */
const changeable: Fields = {
  restart: { ...choice("no", "on-failure", "always", "unless-stopped"), fallback: "no" },
  maxRetryCount: integer,
  cpuShares: integer,
  cpuSet: text,
  memory: integer,
  memoryReservation: integer,
  memorySwap: integer,
  mustRun: { ...flag, fallback: true },
  start: { ...flag, fallback: true },
  wait: { ...flag, fallback: false },
  waitTimeout: { ...integer, fallback: 60 },
  removeVolumes: { ...flag, fallback: true },
  destroyGraceSeconds: integer,
  containerReadRefreshTimeoutMilliseconds: integer,
};

export const containerInputs: Fields = {
  ...changeable,
  name: replacing(required(text)),
  image: replacing(required(text)),
  capabilities: replacing(
    record({ adds: { ...list(text), unordered: true }, drops: { ...list(text), unordered: true } }),
  ),
  cgroupnsMode: replacing(text),
  command: computed(list(text)),
  devices: anyOrder(list(record(device))),
  dns: anyOrder(list(text)),
  dnsOpts: anyOrder(list(text)),
  dnsSearches: anyOrder(list(text)),
  domainname: replacing(text),
  entrypoints: computed(list(text)),
  envs: { ...computed(list(text)), unordered: true },
  groupAdds: anyOrder(list(text)),
  healthcheck: computed(record(health)),
  hostname: computed(text),
  hosts: anyOrder(list(record({ host: required(text), ip: required(text) }))),
  init: computed(flag),
  ipcMode: computed(text),
  labels: { ...computed(list(record({ label: required(text), value: required(text) }))), unordered: true },
  logDriver: computed(text),
  logOpts: replacing(map(text)),
  mounts: anyOrder(list(record(mount))),
  networkMode: replacing({ ...text, fallback: "bridge" }),
  networksAdvanced: anyOrder(list(record(network))),
  pidMode: replacing(text),
  ports: replacing(list(record(port))),
  privileged: replacing(flag),
  publishAllPorts: replacing(flag),
  readOnly: replacing({ ...flag, fallback: false }),
  securityOpts: { ...computed(list(text)), unordered: true },
  shmSize: computed(integer),
  stopSignal: computed(text),
  stopTimeout: computed(integer),
  sysctls: replacing(map(text)),
  tmpfs: replacing(map(text)),
  ulimits: anyOrder(list(record({ name: required(text), soft: required(integer), hard: required(integer) }))),
  user: replacing(text),
  usernsMode: replacing(text),
  volumes: anyOrder(list(record(volume))),
  workingDir: replacing(text),
  ...unneededFields([
    ["attach", flag],
    ["cgroupParent", text],
    ["cpuPeriod", integer],
    ["cpuQuota", integer],
    ["cpus", text],
    ["deviceCgroupRules", list(text)],
    ["deviceReadBps", list(record({}))],
    ["deviceReadIops", list(record({}))],
    ["deviceRequests", list(record({}))],
    ["deviceWriteBps", list(record({}))],
    ["deviceWriteIops", list(record({}))],
    ["gpus", text],
    ["logs", flag],
    ["platform", text],
    ["rm", flag],
    ["runtime", text],
    ["stdinOpen", flag],
    ["storageOpts", map(text)],
    ["tty", flag],
    ["uploads", list(record({}))],
  ]),
};

function unneededFields(shapes: readonly (readonly [string, Shape])[]): Fields {
  return Object.fromEntries(shapes.map(([name, shape]) => [name, unneeded(shape)]));
}

/** A container's inputs as the schema above has checked them. */
export interface ContainerInputs {
  readonly name: string;
  readonly image: string;
  readonly restart: string;
  readonly maxRetryCount?: number;
  readonly cpuShares?: number;
  readonly cpuSet?: string;
  /** Megabytes, as the next three. */
  readonly memory?: number;
  readonly memoryReservation?: number;
  readonly memorySwap?: number;
  readonly shmSize?: number;
  readonly mustRun: boolean;
  readonly start: boolean;
  readonly wait: boolean;
  /** Seconds. */
  readonly waitTimeout: number;
  readonly removeVolumes: boolean;
  readonly destroyGraceSeconds?: number;
  readonly capabilities?: { readonly adds?: string[]; readonly drops?: string[] };
  readonly cgroupnsMode?: string;
  readonly command?: string[];
  readonly devices?: readonly { hostPath: string; containerPath?: string; permissions: string }[];
  readonly dns?: string[];
  readonly dnsOpts?: string[];
  readonly dnsSearches?: string[];
  readonly domainname?: string;
  readonly entrypoints?: string[];
  readonly envs?: string[];
  readonly groupAdds?: string[];
  readonly healthcheck?: {
    readonly tests: string[];
    readonly interval?: string;
    readonly timeout?: string;
    readonly startPeriod?: string;
    readonly retries?: number;
  };
  readonly hostname?: string;
  readonly hosts?: readonly { host: string; ip: string }[];
  readonly init?: boolean;
  readonly ipcMode?: string;
  readonly labels?: readonly { label: string; value: string }[];
  readonly logDriver?: string;
  readonly logOpts?: Record<string, string>;
  readonly mounts?: readonly {
    readonly target: string;
    readonly type: "bind" | "volume" | "tmpfs";
    readonly source?: string;
    readonly readOnly?: boolean;
    readonly bindOptions?: { readonly propagation?: string };
  }[];
  readonly networkMode: string;
  readonly networksAdvanced?: readonly {
    readonly name: string;
    readonly aliases?: string[];
    readonly ipv4Address?: string;
    readonly ipv6Address?: string;
  }[];
  readonly pidMode?: string;
  readonly ports?: readonly { internal: number; external?: number; ip: string; protocol: string }[];
  readonly privileged?: boolean;
  readonly publishAllPorts?: boolean;
  readonly readOnly: boolean;
  readonly securityOpts?: string[];
  readonly stopSignal?: string;
  readonly stopTimeout?: number;
  readonly sysctls?: Record<string, string>;
  readonly tmpfs?: Record<string, string>;
  readonly ulimits?: readonly { name: string; soft: number; hard: number }[];
  readonly user?: string;
  readonly usernsMode?: string;
  readonly volumes?: readonly { containerPath?: string; hostPath?: string; volumeName?: string; readOnly?: boolean }[];
  readonly workingDir?: string;
}

export const asContainer = (properties: Properties) => properties as unknown as ContainerInputs;
