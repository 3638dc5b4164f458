/** Stands for the pause image of the Kubernetes version; the host fills it in, because kubeadm knows it best. */
const sandboxImagePlaceholder = "@SANDBOX_IMAGE@";

type Scalar = string | number | boolean;

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take a union of scalars
type ContainerdSection = Readonly<Record<string, any>>;

/** What may be said about containerd; nothing of it is needed on an ordinary host with access to the internet. */
export interface ContainerdArgs {
  /**
   * Mirrors by registry, tried in turn before the registry itself: `{ "registry.k8s.io": ["http://10.0.0.5:5000"] }`.
   *
   * @default none
   */
  readonly mirrors?: Readonly<Record<string, string[]>>;
  /**
   * Further keys of the CRI plugin's section, each a text, a number or a boolean: `{ disable_apparmor: true }`.
   *
   * @default none
   */
  readonly cri?: ContainerdSection;
  /**
   * Further keys of the runc runtime's section, each a text, a number or a boolean: `{ privileged_without_host_devices: true }`.
   *
   * @default none
   */
  readonly runtime?: ContainerdSection;
  /**
   * Further keys of runc's options, each a text, a number or a boolean.
   *
   * @default none
   */
  readonly runcOptions?: ContainerdSection;
  /**
   * Folder of the CNI plugins.
   *
   * @default `/opt/cni/bin`, where the kubernetes-cni package puts them
   */
  readonly binDir?: string;
}

const cri = `plugins."io.containerd.grpc.v1.cri"`;
const header = "# written by kube-control; changes are overwritten\n";

/** containerd's config.toml (version 2: containerd 1.6 and 1.7 write it, 2.x reads it). */
export function containerdConfiguration(args: ContainerdArgs): string {
  return [
    header,
    "version = 2\n",
    section(cri, { ...args.cri, sandbox_image: sandboxImagePlaceholder }),
    section(`${cri}.cni`, { bin_dir: args.binDir ?? "/opt/cni/bin", conf_dir: "/etc/cni/net.d" }),
    section(`${cri}.containerd`, { default_runtime_name: "runc" }),
    section(`${cri}.containerd.runtimes.runc`, { ...args.runtime, runtime_type: "io.containerd.runc.v2" }),
    section(`${cri}.containerd.runtimes.runc.options`, { ...args.runcOptions, SystemdCgroup: true }),
    section(`${cri}.registry`, { config_path: "/etc/containerd/certs.d" }),
  ].join("\n");
}

/** The hosts.toml of each registry that has mirrors, by path. */
export function registryHosts(args: ContainerdArgs): Readonly<Record<string, string>> {
  const mirrors = args.mirrors ?? {};
  return Object.fromEntries(
    Object.keys(mirrors)
      .sort()
      .map((registry) => [
        `/etc/containerd/certs.d/${registry}/hosts.toml`,
        [
          header,
          `server = ${toml(`https://${registry === "docker.io" ? "registry-1.docker.io" : registry}`)}\n`,
          ...(mirrors[registry] ?? []).map((url) =>
            section(`host.${toml(url)}`, {
              ...(new URL(url).pathname === "/" ? {} : { override_path: true }),
              capabilities: ["pull", "resolve"],
            }),
          ),
        ].join("\n"),
      ]),
  );
}

function section(name: string, keys: Readonly<Record<string, Scalar | readonly string[]>>): string {
  const lines = Object.keys(keys)
    .sort()
    .map((key) => `  ${/^[A-Za-z0-9_-]+$/.test(key) ? key : toml(key)} = ${toml(keys[key] ?? "")}\n`);
  return `[${name}]\n${lines.join("")}`;
}

function toml(value: Scalar | readonly string[]): string {
  if (Array.isArray(value)) {
    return `[${value.map((one: string) => toml(one)).join(", ")}]`;
  }
  if (typeof value === "string") {
    // a TOML basic string is a JSON string, but that DEL has to be escaped too
    return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
  }
  return String(value);
}
