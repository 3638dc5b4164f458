import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GoPrograms } from "../../artefacts/go";
import { kubeadmChecks, kubernetes } from "../../artefacts/programs";
import { kubernetesVersion } from "../../artefacts/versions";

/** Kubernetes' version in a module's go.mod, and the replacements of its staging modules. */
const pinned = ({ module }: GoPrograms) =>
  readFileSync(join(module, "go.mod"), "utf8").match(/k8s\.io\/kubernetes v\S+|^\tk8s\.io\/\S+ => .*$/gm);

test("kubeadm's own checks have the version of the Kubernetes that the lab builds", () => {
  expect(pinned(kubeadmChecks)).toEqual(pinned(kubernetes));
  expect(pinned(kubernetes)).toContain(`k8s.io/kubernetes v${kubernetesVersion}`);
});
