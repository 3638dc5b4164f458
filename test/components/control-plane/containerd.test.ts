import fc from "fast-check";
import { parse } from "smol-toml";
import { containerdConfiguration, registryHosts } from "../../../components/control-plane/containerd";

test("config.toml contains additional keys in the expected tables", () => {
  expect(
    containerdConfiguration({
      cri: { restrict_oom_score_adj: true, disable_apparmor: true },
      runtime: { privileged_without_host_devices: true },
      runcOptions: { BinaryName: "/usr/sbin/runc" },
    }),
  ).toMatchInlineSnapshot(`
    "# written by kube-control; changes are overwritten

    version = 2

    [plugins."io.containerd.grpc.v1.cri"]
      disable_apparmor = true
      restrict_oom_score_adj = true
      sandbox_image = "@SANDBOX_IMAGE@"

    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/opt/cni/bin"
      conf_dir = "/etc/cni/net.d"

    [plugins."io.containerd.grpc.v1.cri".containerd]
      default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      privileged_without_host_devices = true
      runtime_type = "io.containerd.runc.v2"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      BinaryName = "/usr/sbin/runc"
      SystemdCgroup = true

    [plugins."io.containerd.grpc.v1.cri".registry]
      config_path = "/etc/containerd/certs.d"
    "
  `);
});

test("a registry's mirrors are asked in the given order; a mirror's path precedes the repository", () => {
  const files = registryHosts({
    mirrors: { "registry.k8s.io": ["http://10.0.0.5:5000", "https://mirror.example/k8s"] },
  });
  expect(files).toEqual({
    "/etc/containerd/certs.d/registry.k8s.io/hosts.toml": [
      "# written by kube-control; changes are overwritten",
      "",
      'server = "https://registry.k8s.io"',
      "",
      '[host."http://10.0.0.5:5000"]',
      '  capabilities = [ "pull", "resolve" ]',
      "",
      '[host."https://mirror.example/k8s"]',
      '  capabilities = [ "pull", "resolve" ]',
      "  override_path = true",
      "",
    ].join("\n"),
  });
});

test("the server of docker.io is registry-1.docker.io", () => {
  expect(Object.values(registryHosts({ mirrors: { "docker.io": [] } }))[0]).toContain("https://registry-1.docker.io");
});

test("every text is parsed unchanged, and is written without control characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const file = containerdConfiguration({ cri: { key: text } });
      expect(parse(file)).toMatchObject({ plugins: { "io.containerd.grpc.v1.cri": { key: text } } });
      // eslint-disable-next-line no-control-regex
      expect(file).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    }),
  );
});

test("the order of keys in the settings does not change the files", () => {
  const [one, other] = [
    { b: 1, a: true },
    { a: true, b: 1 },
  ];
  const files = ({ keys }: { keys: Record<string, number | boolean> }) =>
    containerdConfiguration({ cri: keys, runtime: keys, runcOptions: keys });
  expect(files({ keys: one })).toBe(files({ keys: other }));
});

test("kube-control's own keys win over settings that would break the node", () => {
  const text = containerdConfiguration({ runcOptions: { SystemdCgroup: false }, cri: { sandbox_image: "x" } });
  expect(text).toContain("SystemdCgroup = true");
  expect(text).not.toContain('"x"');
});
