import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureArtefact } from "../../../artefacts/artefact";
import { goArtefact } from "../../../artefacts/go";
import { kubeadmChecks } from "../../../artefacts/programs";
import { progressFor } from "../../../base/progress";
import { withCacheLock } from "../../../base/lock";
import { onHost, place } from "../driver";
import { kubeconfig, kubectl } from "../kubectl";
import { whereLong } from "../long";

/** Checks of objects that kube-control deletes after each join (components/control-plane/join.sh) → their failures. */
const expectedFailures: Readonly<Record<string, string>> = {
  "bootstrap token should exist and be properly configured": "At least one bootstrap token should exist",
  "cluster-info ConfigMap should exist and be properly configured": "jws-kubeconfig-",
  "kubeadm-certs [copy-certs] should exist and be properly configured": 'secrets "kubeadm-certs" not found',
};

/** Checks that do not apply to this stack → the reason. */
const expectedSkips: Readonly<Record<string, string>> = {
  "networking [setup-networking] dual-stack podSubnet should be properly configured if specified in kubeadm-config":
    "cluster is not dual-stack",
};

/** The number of checks in the pinned version of Kubernetes. */
const checks = 39;

/** The part of Ginkgo's report that is read. */
interface Report {
  readonly SpecReports: readonly {
    readonly ContainerHierarchyTexts: readonly string[] | null;
    readonly LeafNodeType: string;
    readonly LeafNodeText: string;
    readonly State: string;
    readonly Failure?: { readonly Message: string };
  }[];
}

const program = () =>
  withCacheLock(place, progressFor(process.stderr), async () =>
    join(await ensureArtefact(place, goArtefact(kubeadmChecks), () => undefined), "e2e-kubeadm"),
  );

/** Builds the checks before the lab exists: a compiler would delay its etcd and Keepalived. */
export function checksBuilt(): void {
  whereLong("kubeadm's own checks are built", program, 1_800_000);
}

/** kubeadm's own end-to-end checks of a cluster, run on the first master through the name and the virtual IP. */
export function checksPass(): void {
  whereLong(
    "kubeadm's own checks pass, except those of objects that are deleted after a join",
    async () => {
      const clusterInfo = "-n kube-public get configmap cluster-info -o jsonpath={.data.kubeconfig}".split(" ");
      const before = await kubectl(clusterInfo);
      const found = await run(await program(), await kubeconfig());
      const passed = found.filter(({ state }) => state === "passed");
      const skipped = found.filter(({ state }) => state === "skipped");
      const failed = found.filter((check) => ![...passed, ...skipped].includes(check));
      for (const { name, message } of skipped) process.stderr.write(`skipped: ${name}: ${message}\n`);
      process.stderr.write(`${passed.length} of kubeadm's own checks passed\n`);

      expect(messagesOf(failed)).toEqual(containing(expectedFailures));
      expect(messagesOf(skipped)).toEqual(containing(expectedSkips));
      expect(passed).toHaveLength(checks - failed.length - skipped.length);
      // one check changes this ConfigMap for a moment, and joins read it
      expect(await kubectl(clusterInfo)).toBe(before);
    },
    600_000,
  );
}

interface Check {
  readonly name: string;
  /** `passed`, `skipped`, or one of several failures. */
  readonly state: string;
  /** The reason of a skip or failure. */
  readonly message: string;
}

const messagesOf = (found: readonly Check[]) => Object.fromEntries(found.map(({ name, message }) => [name, message]));

const containing = (texts: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, expect.stringContaining(text) as unknown]));

async function run(file: string, config: string): Promise<Check[]> {
  const folder = "/root/kubeadm-checks";
  await onHost(
    "k8s-master1",
    `mkdir -p ${folder} && cat >${folder}/run && chmod 700 ${folder}/run`,
    readFileSync(file),
  );
  // A fixed seed gives the same random order each time. After one check deletes a token, its signature stays in cluster-info for a
  // moment. With this seed, the check of cluster-info does not run right after that.
  const options = `--kubeconfig ${config} --ginkgo.no-color --ginkgo.seed 1 --ginkgo.json-report report.json`;
  // ignore the exit code: some checks are expected to fail
  const line = `cd ${folder} && { timeout 300 ./run ${options} >&2; cat report.json; }`;
  const text = await onHost("k8s-master1", line, "", 330);
  await onHost("k8s-master1", `rm -r ${folder}`);
  return (JSON.parse(text) as Report[])
    .flatMap(({ SpecReports }) => SpecReports)
    .filter(({ LeafNodeType }) => LeafNodeType === "It")
    .map(({ ContainerHierarchyTexts, LeafNodeText, State, Failure }) => ({
      name: [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(" ").replace(/^(\[[\w-]+\] )+/, ""),
      state: State,
      message: Failure?.Message ?? "",
    }));
}
