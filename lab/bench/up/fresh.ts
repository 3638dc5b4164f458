import type { Deployment } from "@pulumi/pulumi/automation";
import { type planLab, createHosts } from "../../commands/up";
import { plainProgress, type Report } from "../../base/progress";
import { findContainer, removeContainer } from "../../hosts/containers";
import { onHost } from "../../hosts/ssh";
import type { Workspace } from "../../pulumi/environment";
import { pulumiIn } from "../../pulumi/pulumi-command";

type PlannedLab = ReturnType<typeof planLab>;

/** The stack's hosts, which are created again. The lab's own three hosts stay. */
export const stackHosts = ({ hosts }: PlannedLab) =>
  hosts.filter(({ role }) => ["master", "worker", "load-balancer", "monitor"].includes(role));

/**
 * Prepares a build. `pulumi destroy` leaves containerd, Kubernetes' packages and Docker on the hosts, so this replaces the hosts
 * by new ones, and destroys only the resources outside them.
 */
export async function recreateHosts(lab: PlannedLab, workspace: Workspace, report: Report): Promise<void> {
  report("destroying the resources outside the hosts");
  const state = JSON.parse(await pulumiIn(workspace, ["stack", "export"])) as Deployment;
  await pulumiIn(workspace, ["stack", "import", "--force"], undefined, JSON.stringify(outsideHosts(state)));
  await pulumiIn(workspace, ["destroy", "--yes", "--skip-preview", "--color", "never"], report);
  for (const host of stackHosts(lab)) {
    report(`removing ${host.name}`);
    if ((await findContainer(lab.place, host)) !== undefined) await removeContainer(lab.place, host);
  }
  report("creating the hosts");
  const progress = plainProgress((line) => report(line.trim()));
  await createHosts(lab, progress);
  report("waiting until the hosts have booted");
  await Promise.all(stackHosts(lab).map((host) => onHost(lab, host, settle, 600)));
}

/** Waits until the host has booted, and updates its package lists. */
const settle = `{
set -eu
timeout 120 systemctl is-system-running --wait >/dev/null || true
apt-get -qq update
sync
} </dev/null
`;

const outside = /^(pulumi:providers:)?(cloudflare|datadog)(:|$)/;
const cut = { parent: undefined, dependencies: undefined, propertyDependencies: undefined, deletedWith: undefined };

/** The state without resources on hosts, which a destroy would dial, and without references to them. */
export function outsideHosts(state: Deployment): Deployment {
  const deployment = state.deployment as { readonly resources?: readonly { readonly type: string }[] };
  const left = (deployment.resources ?? []).filter(({ type }) => outside.test(type)).map((one) => ({ ...one, ...cut }));
  return { ...state, deployment: { ...deployment, resources: left, pending_operations: [] } };
}
