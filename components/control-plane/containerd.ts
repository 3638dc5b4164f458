import { stringify } from "smol-toml";
import { defaults } from "./defaults";

/** Stands for the pause image of the Kubernetes version; the host fills it in, because kubeadm knows it best. */
const sandboxImagePlaceholder = "@SANDBOX_IMAGE@";

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
   * @default `defaults.binDir`
   */
  readonly binDir?: string;
}

const header = "# written by kube-control; changes are overwritten\n";

/**
 * containerd's config.toml (version 2: containerd 1.6 and 1.7 write it, 2.x reads it).
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
 * The hosts.toml of each registry that has mirrors, by path.
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

/** The keys in one order, whatever the order in which the settings have them. */
function sorted<T>(keys: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(keys).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Keys are indented below their table, as earlier versions wrote them: a changed config.toml restarts containerd. */
function toml(tables: Parameters<typeof stringify>[0]): string {
  const [top = "", ...sections] = stringify(tables).split(/\n(?=\[)/);
  return [`${header}\n${top}`, ...sections.map((section) => section.replaceAll(/\n(?=.)/g, "\n  "))].join("\n");
}
