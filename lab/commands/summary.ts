import type { Finding, Lab } from "../verify/finding";
import { table } from "../verify/finding";

/** The results of the checks, and what to run next. */
export function summary({ stack }: Lab, findings: readonly Finding[]): string {
  const failed = findings.filter(({ ok }) => !ok).map(({ what }) => what);
  const [master = { name: "k8s-master1" }] = stack.masters;
  const next: readonly (readonly [string, string])[] =
    failed.length > 0
      ? [
          ["npm run lab", "continues from here"],
          [`npm run lab -- logs ${master.name}`, "shows a host's journal"],
        ]
      : [
          [`npm run lab -- ssh ${master.name} sudo kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A`, ""],
          ["npm run pulumi -- preview", "any Pulumi command on this stack"],
          ["npm run pulumi -- destroy", "removes the stack from the hosts"],
          ["npm run lab -- down", "removes the hosts"],
        ];
  return [
    "",
    table(findings),
    "",
    failed.length === 0 ? "All checks passed. Next commands:" : `Failed checks: ${failed.join(", ")}. Next commands:`,
    ...next.map(([command, what]) => `  ${command}${what === "" ? "" : `   (${what})`}`),
  ].join("\n");
}
