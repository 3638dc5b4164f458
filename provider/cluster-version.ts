import type { CheckResult, CreateResult, DiffResult, UpdateResult } from "@pulumi/pulumi/provider";
import type { ClusterVersionInputs } from "../components/control-plane/cluster-version";
import { upgradeFindings, upgradePlan } from "../components/control-plane/upgrade";
import type { Log } from "./engine-log";

type Stored = Omit<ClusterVersionInputs, "isPreview">;

/** In a preview of another version: refuses it, or prints what the upgrade will do. It connects to no host. */
export async function check(
  inform: Log,
  urn: string,
  olds: Partial<Stored> | undefined,
  { isPreview, ...news }: ClusterVersionInputs,
): Promise<CheckResult> {
  const from = olds?.version;
  if (!isPreview || from === undefined || from === news.version) {
    return { inputs: news };
  }
  const nodes = [...news.masters, ...news.workers].map((name) => ({ name, kubelet: from, controlPlane: from }));
  // all nodes have the same version: one line is enough
  const [finding] = upgradeFindings(news.version, nodes);
  if (finding !== undefined) {
    return { inputs: news, failures: [{ property: "", reason: finding }] };
  }
  await inform(urn, upgradePlan(from, news.version, news));
  return { inputs: news };
}

export function diff(olds: Stored, { isPreview: _, ...news }: ClusterVersionInputs): DiffResult {
  const told = ({ version, masters, workers, concurrentWorkers }: Stored) =>
    JSON.stringify([version, masters, workers, concurrentWorkers]);
  return { changes: told(olds) !== told(news) };
}

export function create(inputs: Stored): CreateResult {
  return { id: "cluster-version", outs: inputs };
}

export function update(inputs: Stored): UpdateResult {
  return { outs: inputs };
}
