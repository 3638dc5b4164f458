import { LabError } from "../base/error";
import { withRole } from "../hosts/plan";
import { onHost } from "../hosts/ssh";
import type { Lab, CheckResult } from "./finding";

/** Runs shell text with the administrator's kubeconfig, on one master after another until it succeeds. */
export async function onAnyMaster(lab: Lab, script: (name: string) => string): Promise<string> {
  let failure: unknown = new LabError("the stack has no master");
  for (const master of withRole(lab.hosts, "master")) {
    const head = "export KUBECONFIG=/etc/kubernetes/admin.conf\n";
    try {
      return await onHost(lab, master, head + script(master.name));
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

export interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly taints?: readonly { readonly key: string }[] };
    readonly status: {
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
      readonly nodeInfo: { readonly kubeletVersion: string };
    };
  }[];
}

/** Taints that keep pods off a node because something is wrong with it. */
const faults = /^node\.kubernetes\.io\/((disk|memory|pid)-pressure|network-unavailable|not-ready|unreachable)$/;

/** @param wanted names of the nodes: the cluster must have these and no others */
export function nodesFinding({ items }: NodeList, wanted: readonly string[]): CheckResult {
  const nodes = items.map(({ metadata, spec, status }) => ({
    name: metadata.name,
    ready: status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
    version: status.nodeInfo.kubeletVersion,
    taints: [...new Set((spec.taints ?? []).map(({ key }) => key).filter((key) => faults.test(key)))],
  }));
  return {
    ok:
      wanted.every((name) => nodes.some((node) => node.name === name && node.ready && node.taints.length === 0)) &&
      nodes.length === wanted.length,
    seen: nodes.map(({ name, ready, version, taints }) =>
      [`${name} ${ready ? "Ready" : "NotReady"} ${version}`, ...taints.map((key) => `has the taint ${key}`)].join(", "),
    ),
  };
}

export async function checkNodes(lab: Lab): Promise<CheckResult> {
  const list = await onAnyMaster(lab, () => "kubectl get nodes -o json --request-timeout=10s");
  const wanted = [...lab.stack.masters, ...lab.stack.workers].map(({ name }) => name);
  return nodesFinding(JSON.parse(list) as NodeList, wanted);
}

interface MemberList {
  readonly members: readonly {
    readonly name?: string;
    readonly clientURLs?: readonly string[];
    readonly isLearner?: boolean;
  }[];
}

export async function checkEtcd(lab: Lab): Promise<CheckResult> {
  const pki = "/etc/kubernetes/pki/etcd";
  const list = (name: string) =>
    `timeout 20 kubectl -n kube-system exec etcd-${name} -- etcdctl --cacert ${pki}/ca.crt --cert ${pki}/server.crt ` +
    `--key ${pki}/server.key member list -w json`;
  const { members } = JSON.parse(await onAnyMaster(lab, list)) as MemberList;
  const voters = members
    .filter(({ clientURLs = [], isLearner = false }) => clientURLs.length > 0 && !isLearner)
    .map(({ name }) => name);
  return {
    ok: voters.length === lab.stack.masters.length && members.length === voters.length,
    seen: [`${voters.length} started voters: ${voters.sort().join(", ")}`],
  };
}
