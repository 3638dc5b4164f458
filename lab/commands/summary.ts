import type { Finding, Lab } from "../verify/finding";
import { table } from "../verify/finding";

/** What stands, and how to go on. */
export function summary({ stack }: Lab, findings: readonly Finding[]): string {
  const failed = findings.filter(({ ok }) => !ok).map(({ what }) => what);
  const [master = { name: "k8s-master1" }] = stack.masters;
  const next: readonly (readonly [string, string])[] =
    failed.length > 0
      ? [
          ["npm run lab", "goes on from here"],
          [`npm run lab -- logs ${master.name}`, "a host's journal"],
        ]
      : [
          [`npm run lab -- ssh ${master.name} sudo kubectl --kubeconfig /etc/kubernetes/admin.conf get pods -A`, ""],
          ["npm run pulumi -- preview", "any Pulumi command on this stack"],
          ["npm run pulumi -- destroy", "takes everything off the hosts again"],
          ["npm run lab -- down", "removes the hosts"],
        ];
  return [
    "",
    table(findings),
    "",
    failed.length === 0 ? "All stands. To go on:" : `Not as it should be: ${failed.join(", ")}. To go on:`,
    ...next.map(([command, what]) => `  ${command}${what === "" ? "" : `   (${what})`}`),
  ].join("\n");
}
