import type { RefusedChange } from "./refused-change";

type Values = Readonly<Record<string, string>>;

/** A field of KubeletConfiguration with which kubelet does not start on a node that ran with another value. */
interface FixedField {
  readonly name: string;
  /** kubelet's own default, which an omitted field has. */
  readonly usual: string;
  readonly reason: string;
  readonly instead: string;
}

const byHand = (file: string) =>
  "Set it back. To change it, on one node after another: drain the node, stop kubelet, change the field in " +
  `/var/lib/kubelet/config.yaml, delete ${file}, start kubelet, uncordon the node. Then allow this change.`;
const checkpoint = (file: string) => ({
  reason: `kubelet keeps the policy in ${file}, and does not start with another one`,
  instead: byHand(file),
});
const cgroups = {
  reason: "the pods of each node run in the cgroups of the old value, and kubelet would no longer find them there",
  instead:
    "Set it back. To change it, on one node after another: drain the node, change the field in " +
    "/var/lib/kubelet/config.yaml, boot the node, uncordon it. Then allow this change.",
};

/**
 * settings/decided-fields.ts refuses further fields, such as cgroupDriver and staticPodPath, for new clusters too.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/#changing-the-cpu-manager-policy
 * @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
 */
const fields: readonly FixedField[] = [
  { name: "cpuManagerPolicy", usual: '"none"', ...checkpoint("/var/lib/kubelet/cpu_manager_state") },
  { name: "memoryManagerPolicy", usual: '"None"', ...checkpoint("/var/lib/kubelet/memory_manager_state") },
  { name: "cgroupRoot", usual: '""', ...cgroups },
  { name: "cgroupsPerQOS", usual: "true", ...cgroups },
];

/** The changes of kubelet's fields that are refused. */
export function fixedFieldChanges(before: Values, after: Values): RefusedChange[] {
  const setting = "kubernetes.kubelet";
  const [olds, news] = [before[setting], after[setting]];
  // a state of another version may not have it
  if (olds === undefined || news === undefined) {
    return [];
  }
  return fields.flatMap(({ name, usual, reason, instead }): RefusedChange[] => {
    const [old, value] = [valueIn(olds, name) ?? usual, valueIn(news, name) ?? usual];
    return old === value
      ? []
      : [
          {
            setting: `${setting}.${name}`,
            before: old,
            after: value,
            reason,
            instead,
            lost: "each node on which kubelet has to start with the new value, until it is corrected by hand",
          },
        ];
  });
}

function valueIn(json: string, name: string): string | undefined {
  const fieldsOfKubelet = JSON.parse(json) as Readonly<Record<string, unknown>>;
  return name in fieldsOfKubelet ? JSON.stringify(fieldsOfKubelet[name]) : undefined;
}
