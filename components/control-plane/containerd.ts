import { stringify } from "smol-toml";
import { defaults } from "./defaults";

/** Placeholder of the pause image. The host replaces it by the image that its kubeadm names. */
const sandboxImagePlaceholder = "@SANDBOX_IMAGE@";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- Pulumi's analyzer does not take a union of scalars
type ContainerdSection = Readonly<Record<string, any>>;

/** Additions to containerd's configuration. A host with access to the internet needs none. */
export interface ContainerdArgs {
  /**
   * Mirrors of each registry, tried in this order before the registry itself:
   * `{ "registry.k8s.io": ["http://10.0.0.5:5000"] }`.
   *
   * @default none
   */
  readonly mirrors?: Readonly<Record<string, string[]>>;
  /**
   * Additional keys of the CRI plugin's section, each a text, a number or a boolean: `{ disable_apparmor: true }`.
   *
   * @default none
   */
  readonly cri?: ContainerdSection;
  /**
   * Additional keys of the section of the runtime runc, each a text, a number or a boolean:
   * `{ privileged_without_host_devices: true }`.
   *
   * @default none
   */
  readonly runtime?: ContainerdSection;
  /**
   * Additional keys of runc's options, each a text, a number or a boolean.
   *
   * @default none
   */
  readonly runcOptions?: ContainerdSection;
  /**
   * Folder of the CNI plugins.
   *
   * @default `defaults.binDir`
   */
  readonly binDir?: string;
}

const header = "# written by kube-control; changes are overwritten\n";

/**
 * containerd's config.toml in version 2 of the format, which containerd 1.6, 1.7 and 2.x read.
 *
 * @see https://github.com/containerd/containerd/blob/main/docs/cri/config.md
 */
export function containerdConfiguration(args: ContainerdArgs): string {
  const runc = {
    ...sorted({ ...args.runtime, runtime_type: "io.containerd.runc.v2" }),
    options: sorted({ ...args.runcOptions, SystemdCgroup: true }),
  };
  return toml({
    version: 2,
    plugins: {
      "io.containerd.grpc.v1.cri": {
        ...sorted({ ...args.cri, sandbox_image: sandboxImagePlaceholder }),
        cni: { bin_dir: args.binDir ?? defaults.binDir, conf_dir: "/etc/cni/net.d" },
        containerd: { default_runtime_name: "runc", runtimes: { runc } },
        registry: { config_path: "/etc/containerd/certs.d" },
      },
    },
  });
}

/**
 * The hosts.toml of each registry that has mirrors. The keys are the paths of the files.
 *
 * @see https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export function registryHosts(args: ContainerdArgs): Readonly<Record<string, string>> {
  const files = Object.entries(args.mirrors ?? {}).map(([registry, mirrors]) => [
    `/etc/containerd/certs.d/${registry}/hosts.toml`,
    toml({
      server: `https://${registry === "docker.io" ? "registry-1.docker.io" : registry}`,
      host: Object.fromEntries(mirrors.map((url) => [url, mirrorOf(url)])),
    }),
  ]);
  return sorted(Object.fromEntries(files) as Record<string, string>);
}

function mirrorOf(url: string) {
  const hasPath = new URL(url).pathname !== "/";
  return { capabilities: ["pull", "resolve"], ...(hasPath ? { override_path: true } : {}) };
}

/** Sorts the keys, so that their order in the settings does not change the file. */
function sorted<T>(keys: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(keys).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Indents keys below their table, as earlier versions did: another text would restart containerd. */
function toml(tables: Parameters<typeof stringify>[0]): string {
  const [top = "", ...sections] = stringify(tables).split(/\n(?=\[)/);
  return [`${header}\n${top}`, ...sections.map((section) => section.replaceAll(/\n(?=.)/g, "\n  "))].join("\n");
}
