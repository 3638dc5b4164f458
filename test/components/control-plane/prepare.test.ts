import { join } from "node:path";
import type { ControlPlaneArgs } from "../../../components/control-plane";
import { blankHosts, makeNode, scriptTexts } from "../../stand-ins/cluster";
import type { StandInHosts } from "../../stand-ins/hosts";

// The real prepare.sh: packages, their source, and containerd's configuration.

const node = "k8s-worker1";
const url = "https://pkgs.k8s.io/core:/stable:/v1.37/deb/";
const host = (path: string) => `hosts/${node}/${path}`;
const list = host("etc/apt/sources.list.d/kubernetes.list");
const keyring = host("etc/apt/keyrings/kubernetes.asc");
const configuration = host("etc/containerd/config.toml");
const tool = join(__dirname, "../../stand-ins/tool.sh");
const keyText = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n";
const fingerprint = "0123456789ABCDEF0123456789ABCDEF01234567";

let world: StandInHosts;
beforeEach(() => {
  world = blankHosts();
  for (const name of ["apt-cache", "containerd", "ctr", "gpg"]) world.link(tool, `bin/${name}`);
  world.write(host("proc/filesystems"), "nodev\toverlay\n");
  for (const key of ["bridge/bridge-nf-call-iptables", "bridge/bridge-nf-call-ip6tables", "ipv4/ip_forward"]) {
    world.write(host(`proc/sys/net/${key}`), "1\n");
  }
  world.write(host("usr/lib/apt/apt-helper"), `#!/bin/bash\nprintf '%s' '${keyText}' >"\${!#}"\n`, 0o755);
  world.order("apt-cache madison kubeadm", { stdout: ` kubeadm | 1.37.2-1.1 | ${url} Packages\n` });
  world.order("systemctl -q is-active", { status: 0 });
});
afterEach(() => world.remove());

async function prepare(repository: ControlPlaneArgs["repository"] = { url, key: keyText }) {
  return world.run((await scriptTexts({ repository }))(`${node}-prepare`), "create", node);
}
const installs = (calls: readonly string[]) =>
  calls.filter((call) => / install /.test(call)).map((call) => call.replace(/.*--no-remove /, ""));
/** gpg's output for a file with keys of these fingerprints. */
const keysOf = (...all: string[]) =>
  all.map((one) => `pub:-:2048:1:0:0:::-:::scSC:\nfpr:::::::::${one}:\nsub:-:\nfpr:::::::::SUBKEY${one}:\n`).join("");

describe("containerd", () => {
  test("is installed if it is missing, and held", async () => {
    world.delete("bin/containerd");
    world.order("dpkg-query.* containerd$", { times: 1 });
    world.order("dpkg-query.* containerd$", { stdout: "ii 1.7.24" });
    const { status, stdout, calls } = await prepare();
    expect([status, installs(calls)[0]]).toEqual([0, "containerd"]);
    expect(stdout).toContain("held containerd\n");
    expect(world.list(host("var/lib/kube-control/held"))).toEqual(["containerd"]);
  });

  test("of another vendor is used: nothing is installed in its place, and it is not held", async () => {
    const { status, calls } = await prepare();
    expect(status).toBe(0);
    expect(installs(calls).join(" ").split(" ")).not.toContain("containerd");
    expect(calls.filter((call) => call.includes("apt-mark hold")).join()).toBe(
      `${node}: apt-mark hold kubeadm kubelet kubectl`,
    );
  });

  test("gets its former configuration back, and is released, when the node is deleted", async () => {
    const former = 'disabled_plugins = ["cri"]\n';
    world.write(configuration, former);
    world.write(host("var/lib/kube-control/held/containerd"));
    expect((await prepare()).status).toBe(0);
    expect(world.read(configuration)).toContain("# written by kube-control");
    // a second run does not treat our own file as the former configuration
    expect((await prepare()).status).toBe(0);
    makeNode(world, node);
    const { stdout, calls } = await world.run((await scriptTexts())(`${node}-membership`), "delete");
    expect(stdout).toContain("restored the former ");
    expect(world.read(configuration)).toBe(former);
    expect(calls).toContain(`${node}: apt-mark unhold containerd`);
    expect(world.exists(host("var/lib/kube-control"))).toBe(false);
  });
});

test("if a run stops before containerd restarts, the next run restarts it", async () => {
  const restarts = (calls: readonly string[]) => calls.filter((call) => call.endsWith("systemctl restart containerd"));
  world.order("systemctl restart containerd", { times: 1, status: 1 });
  expect((await prepare()).status).not.toBe(0);
  expect(restarts((await prepare()).calls)).toHaveLength(1);
  expect(restarts((await prepare()).calls)).toEqual([]);
});

test("kubelet gets no proxy from systemd's environment, until the node is deleted", async () => {
  const dropIn = host("etc/systemd/system/kubelet.service.d/kube-control.conf");
  expect((await prepare()).calls).toContain(`${node}: systemctl daemon-reload`);
  expect(world.read(dropIn)).toMatch(/^UnsetEnvironment=.*\bHTTPS_PROXY\b.*\bhttps_proxy\b/m);
  expect((await prepare()).calls).not.toContain(`${node}: systemctl daemon-reload`);
  makeNode(world, node);
  await world.run((await scriptTexts())(`${node}-membership`), "delete");
  expect(world.exists(host("etc/systemd/system/kubelet.service.d"))).toBe(false);
});

describe("the package source", () => {
  const conflict = "E: Conflicting values set for option Signed-By regarding source\n";

  test("is reverted if apt refuses it, and the step fails with the reason", async () => {
    world.order("apt-get indextargets", { status: 100, stderr: conflict });
    const { status, stderr, calls } = await prepare();
    expect(status).toBe(64);
    expect(stderr).toMatch(/error: apt cannot read the package sources of this host .*Conflicting values.*reverted/);
    expect(world.exists(list)).toBe(false);
    expect(installs(calls).join(" ")).not.toContain("kubeadm");
  });

  test("is reverted if the repository cannot be read", async () => {
    world.order("apt-get .* update", { status: 100, stderr: "E: The repository does not have a Release file.\n" });
    const { status, stderr } = await prepare();
    expect(status).toBe(64);
    expect(stderr).toContain(`error: apt cannot read ${url} (its messages are above)`);
    expect(stderr).toContain("does not have a Release file");
    expect(world.exists(list)).toBe(false);
  });

  test("that was in the file before is restored, unless it was ours", async () => {
    world.order("apt-get indextargets", { status: 100, stderr: conflict });
    const former = "deb https://mirror.example/k8s/ /\n";
    world.write(list, former);
    expect((await prepare()).status).toBe(64);
    expect(world.read(list)).toBe(former);
    world.write(list, `deb [signed-by=${world.path(keyring)}] https://mirror.example/k8s/ /\n`);
    expect((await prepare()).status).toBe(64);
    expect(world.exists(list)).toBe(false);
  });
});

describe("the repository's key", () => {
  const fetched = { url, keyUrl: `${url}Release.key`, keyFingerprint: fingerprint };

  test("is installed if its fingerprint is the expected one, and not fetched again", async () => {
    world.order("gpg .*show-keys", { stdout: keysOf(fingerprint) });
    expect((await prepare(fetched)).status).toBe(0);
    expect(world.read(keyring)).toBe(keyText);
    world.write(host("usr/lib/apt/apt-helper"), "#!/bin/bash\nexit 1\n", 0o755);
    expect((await prepare(fetched)).status).toBe(0);
  });

  test.each([
    ["another key", [fingerprint.replace("0", "F")]],
    ["a second key beside it", [fingerprint, "F".repeat(40)]],
    ["no key", []],
  ])("is not installed if the file contains %s", async (_, all) => {
    world.order("gpg .*show-keys", { stdout: keysOf(...all) });
    const { status, stderr } = await prepare(fetched);
    expect(status).toBe(64);
    expect(stderr).toContain(`its fingerprint is ${all.join(" and ")}, expected ${fingerprint}`);
    expect(stderr).toContain("kubernetes.repository.keyFingerprint");
    expect([world.exists(keyring), world.exists(list)]).toEqual([false, false]);
  });

  test("that is given as text is installed only if its fingerprint is the configured one", async () => {
    const given = { url, key: keyText, keyFingerprint: fingerprint };
    world.order("gpg .*show-keys", { times: 2, stdout: keysOf("F".repeat(40)) });
    world.order("gpg .*show-keys", { stdout: keysOf(fingerprint) });
    const { status, stderr } = await prepare(given);
    expect([status, world.exists(keyring), world.exists(list)]).toEqual([64, false, false]);
    expect(stderr).toContain(
      `the key from kubernetes.repository.key was not installed: its fingerprint is ${"F".repeat(40)}`,
    );
    expect((await prepare(given)).status).toBe(0);
    expect(world.read(keyring)).toBe(keyText);
  });

  test("is fetched again if the installed one is not the expected one", async () => {
    world.order("gpg .*show-keys", { times: 1, stdout: keysOf("F".repeat(40)) });
    world.order("gpg .*show-keys", { stdout: keysOf(fingerprint) });
    world.write(keyring, "an old key\n");
    world.write(list, `deb [signed-by=${world.path(keyring)}] ${url} /\n`);
    expect((await prepare(fetched)).status).toBe(0);
    expect(world.read(keyring)).toBe(keyText);
  });

  test("of another host is installed unchecked if no fingerprint is configured", async () => {
    const { status, calls } = await prepare({ url, keyUrl: "https://packages.example.com/Release.key" });
    expect([status, calls.filter((call) => call.includes("gpg"))]).toEqual([0, []]);
    expect(world.read(keyring)).toBe(keyText);
  });
});

test("a running node keeps its version of Kubernetes, and the pause image of that version", async () => {
  makeNode(world, node);
  world.order(`${node}: kubelet --version`, { stdout: "Kubernetes v1.36.3\n" });
  const { status, stdout, calls } = await prepare();
  expect(status).toBe(0);
  expect(stdout).toContain("Kubernetes v1.36.3 is not changed in this step");
  expect(installs(calls).join()).not.toContain("kube");
  expect(calls.join("\n")).toContain("kubeadm config images list --kubernetes-version v1.36.3");
});

test("a version that the repository does not have fails before a running node is changed", async () => {
  makeNode(world, node);
  const text = (await scriptTexts({ version: "v1.37.3", repository: { url, key: keyText } }))(`${node}-prepare`);
  const { status, stderr, calls } = await world.run(text, "create", node);
  expect(status).toBe(64);
  expect(stderr).toContain("has no kubeadm 1.37.3");
  expect(installs(calls).join()).not.toContain("kube");
});
