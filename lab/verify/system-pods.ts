import { onAnyMaster } from "./cluster";
import type { Lab, CheckResult } from "./finding";

interface ContainerStatus {
  readonly state?: { readonly waiting?: { readonly reason?: string } };
}

/** The fields of `kubectl get daemonsets,deployments,pods -o json` that are read here. */
export interface WorkloadList {
  readonly items: readonly {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly generation?: number };
    readonly spec: { readonly replicas?: number };
    readonly status: {
      readonly observedGeneration?: number;
      readonly desiredNumberScheduled?: number;
      readonly numberReady?: number;
      readonly readyReplicas?: number;
      readonly phase?: string;
      readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
      readonly initContainerStatuses?: readonly ContainerStatus[];
      readonly containerStatuses?: readonly ContainerStatus[];
    };
  }[];
}

type Workload = WorkloadList["items"][number];

/** DaemonSets, Deployments and pods that are not ready, a line each with the reason. Ended pods are left out. */
export function systemPodsFinding({ items }: WorkloadList): CheckResult {
  const pods = items.filter(({ kind, status }) => kind === "Pod" && !/^(Succeeded|Failed)$/.test(status.phase ?? ""));
  const ready = pods.filter((pod) => condition(pod, "Ready")?.status === "True");
  const seen = [
    ...items.filter(({ kind }) => kind !== "Pod").flatMap(notRolledOut),
    ...pods.filter((pod) => !ready.includes(pod)).map((pod) => `pod ${pod.metadata.name} is not Ready: ${reason(pod)}`),
  ];
  const ok = seen.length === 0 && ready.length > 0;
  return { ok, seen: seen.length > 0 ? seen : [`${ready.length} Ready`] };
}

function notRolledOut({ kind, metadata, spec, status }: Workload): string[] {
  const wanted = status.desiredNumberScheduled ?? spec.replicas ?? 0;
  const ready = status.numberReady ?? status.readyReplicas ?? 0;
  return status.observedGeneration === metadata.generation && ready >= wanted
    ? []
    : [`${kind} ${metadata.name} is not rolled out: ${ready} of ${wanted} pods are ready`];
}

function reason(pod: Workload): string {
  const { initContainerStatuses = [], containerStatuses = [], phase } = pod.status;
  const waiting = [...initContainerStatuses, ...containerStatuses].flatMap(({ state }) => state?.waiting?.reason ?? []);
  return (
    condition(pod, "PodScheduled")?.message ||
    waiting.join(", ") ||
    condition(pod, "Ready")?.message ||
    (phase ?? "phase unknown")
  );
}

const condition = ({ status }: Workload, type: string) => status.conditions?.find((one) => one.type === type);

/** Everything in the namespace kube-system is ready: kube-proxy, CoreDNS, the pod network, the control plane. */
export async function checkSystemPods(lab: Lab): Promise<CheckResult> {
  const get = "kubectl -n kube-system get daemonsets,deployments,pods -o json --request-timeout=10s";
  return systemPodsFinding(JSON.parse(await onAnyMaster(lab, () => get)) as WorkloadList);
}
