import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder } from "../scratch";

/** Runs the packaging script with a text in place of each program, and returns the folder of the packages. */
function packed(): string {
  const folder = scratchFolder();
  const programs = { kube: ["kubeadm", "kubectl", "kubelet"], cni: ["bridge", "host-local", "loopback", "portmap"] };
  for (const [name, files] of Object.entries(programs)) {
    mkdirSync(join(folder, name));
    for (const file of files) writeFileSync(join(folder, name, file), `the program ${file}`);
  }
  mkdirSync(join(folder, "out"));
  const env = {
    PATH: process.env["PATH"],
    KUBERNETES: join(folder, "kube"),
    KUBERNETES_VERSION: "1.2.3",
    CNI_PLUGINS: join(folder, "cni"),
    CNI_PLUGINS_VERSION: "4.5.6",
    OUT: join(folder, "out"),
    TMPDIR: folder,
  };
  const script = readFileSync(join(__dirname, "../../artefacts/kubernetes-packages.sh"), "utf8");
  execFileSync("sh", ["-s"], { input: `set -eu\n${script}`, env, stdio: "pipe" });
  expect(readdirSync(folder).sort()).toEqual(["cni", "kube", "out"]);
  return env.OUT;
}

const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;
const withDpkg = hasDpkg ? describe : describe.skip;

withDpkg(`the packages, read by dpkg-deb${hasDpkg ? "" : " (not on this machine: package dpkg)"}`, () => {
  let out: string;
  beforeAll(() => {
    out = packed();
  });
  const dpkg = (...args: string[]) =>
    execFileSync("dpkg-deb", args, { encoding: "utf8", env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" } });
  const kubelet = () => join(out, "kubelet_1.2.3-1.1_amd64.deb");

  test("have upstream's names and versions", () => {
    expect(readdirSync(out).sort()).toEqual([
      "kubeadm_1.2.3-1.1_amd64.deb",
      "kubectl_1.2.3-1.1_amd64.deb",
      "kubelet_1.2.3-1.1_amd64.deb",
      "kubernetes-cni_4.5.6-1.1_amd64.deb",
    ]);
  });

  test("have the fields that apt reads", () => {
    expect(dpkg("--field", join(out, "kubeadm_1.2.3-1.1_amd64.deb"))).toBe(
      [
        "Package: kubeadm",
        "Version: 1.2.3-1.1",
        "Architecture: amd64",
        "Maintainer: kube-control's lab <lab@localhost>",
        "Section: admin",
        "Priority: optional",
        "Description: Command-line utility for administering a Kubernetes cluster",
        "",
      ].join("\n"),
    );
    expect(dpkg("--field", kubelet(), "Depends")).toMatch(/^iptables \(>= 1\.4\.21\), kubernetes-cni .*, conntrack\n$/);
  });

  test("of kubelet include its configuration file and maintainer scripts", () => {
    expect(dpkg("--info", kubelet(), "conffiles")).toBe("/etc/default/kubelet\n");
    expect(dpkg("--info", kubelet(), "postinst")).toContain("systemctl enable --now kubelet.service");
    expect(dpkg("--info", kubelet(), "prerm")).toContain("systemctl disable --now kubelet.service");
  });

  test("contain only files of root", () => {
    const contents = (file: string) =>
      dpkg("--contents", file)
        .trim()
        .split("\n")
        .map((line) => line.replace(/^(\S+) (?:0\/0|root\/root)\s+\d+ 1970-01-01 00:00 /, "$1 root "))
        .sort();
    expect(contents(kubelet())).toEqual([
      "-rw-r--r-- root ./etc/default/kubelet",
      "-rw-r--r-- root ./usr/lib/systemd/system/kubelet.service",
      "-rw-r--r-- root ./usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
      "-rwxr-xr-x root ./usr/bin/kubelet",
      "drwxr-xr-x root ./",
      "drwxr-xr-x root ./etc/",
      "drwxr-xr-x root ./etc/default/",
      "drwxr-xr-x root ./etc/kubernetes/",
      "drwxr-xr-x root ./etc/kubernetes/manifests/",
      "drwxr-xr-x root ./usr/",
      "drwxr-xr-x root ./usr/bin/",
      "drwxr-xr-x root ./usr/lib/",
      "drwxr-xr-x root ./usr/lib/systemd/",
      "drwxr-xr-x root ./usr/lib/systemd/system/",
      "drwxr-xr-x root ./usr/lib/systemd/system/kubelet.service.d/",
    ]);
    expect(contents(join(out, "kubernetes-cni_4.5.6-1.1_amd64.deb"))).toContain(
      "-rwxr-xr-x root ./opt/cni/bin/host-local",
    );
  });

  test("of kubelet unpack the program, its defaults and its drop-in", () => {
    const target = scratchFolder();
    dpkg("--raw-extract", kubelet(), target);
    expect(readFileSync(join(target, "usr/bin/kubelet"), "utf8")).toBe("the program kubelet");
    expect(readFileSync(join(target, "etc/default/kubelet"), "utf8")).toBe("KUBELET_EXTRA_ARGS=\n");
    const dropIn = readFileSync(join(target, "usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"), "utf8");
    expect(dropIn).toMatch(
      /^ExecStart=\nExecStart=\/usr\/bin\/kubelet \$KUBELET_KUBECONFIG_ARGS .*\$KUBELET_EXTRA_ARGS$/m,
    );
    expect(statSync(join(target, "DEBIAN/postinst")).mode & 0o777).toBe(0o755);
  });

  test("are identical if the programs are", () => {
    const again = packed();
    for (const file of readdirSync(out)) {
      expect(readFileSync(join(again, file)).equals(readFileSync(join(out, file)))).toBe(true);
    }
  });
});
