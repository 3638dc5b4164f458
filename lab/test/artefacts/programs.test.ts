import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { GoPrograms } from "../../artefacts/go";
import { coreDns, etcd, kubeadmChecks, kubernetes } from "../../artefacts/programs";
import { kubernetesVersion, releases } from "../../artefacts/versions";

const goMod = ({ module }: GoPrograms) => readFileSync(join(module, "go.mod"), "utf8");

/** Kubernetes' version in a module's go.mod, and the replacements of its staging modules. */
const pinned = (some: GoPrograms) => goMod(some).match(/k8s\.io\/kubernetes v\S+|^\tk8s\.io\/\S+ => .*$/gm) ?? [];

test("kubeadm's own checks have the version of the Kubernetes that every lab serves", () => {
  expect(pinned(kubeadmChecks)).toEqual(pinned(kubernetes(kubernetesVersion)));
});

test.each(releases)("Kubernetes $kubernetes: the modules pin the release's versions", (release) => {
  const [version, ...replaced] = pinned(kubernetes(release.kubernetes));
  expect(version).toBe(`k8s.io/kubernetes v${release.kubernetes}`);
  const staging = release.kubernetes.replace(/^1/, "v0");
  expect(replaced.filter((line) => !line.endsWith(` ${staging}`))).toEqual([]);
  expect(replaced.length).toBeGreaterThan(30);
  for (const name of ["server", "etcdctl", "etcdutl"]) {
    expect(goMod(etcd(release.etcd))).toContain(`\tgo.etcd.io/etcd/${name}/v3 v${release.etcd}\n`);
  }
  expect(goMod(coreDns(release.coreDns))).toContain(`require github.com/coredns/coredns v${release.coreDns}\n`);
});

test("modules/ has a module for each version of the releases, and no other", () => {
  const modules = join(kubernetes(kubernetesVersion).module, "../..");
  const used = (key: keyof (typeof releases)[number]) => [...new Set(releases.map((release) => release[key]))].sort();
  const there = (name: string) => readdirSync(join(modules, name)).sort();
  expect([there("kubernetes"), there("etcd"), there("coredns")]).toEqual([
    used("kubernetes"),
    used("etcd"),
    used("coreDns"),
  ]);
  for (const { kubernetes: version } of releases) {
    expect(existsSync(join(kubernetes(version).module, "go.sum"))).toBe(true);
  }
});

test("the programs print their release's version", () => {
  expect(kubernetes("1.36.3").set).toMatchObject({
    "k8s.io/component-base/version.gitVersion": "v1.36.3",
    "k8s.io/client-go/pkg/version.gitMinor": "36",
  });
});
