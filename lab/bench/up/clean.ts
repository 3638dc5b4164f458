import { raiseHosts, type planLab } from "../../commands/up";
import { plainProgress, type Report } from "../../base/progress";
import { findContainer, removeContainer } from "../../hosts/containers";
import type { LabHost } from "../../hosts/plan";
import { onHost } from "../../hosts/ssh";
import type { Pulumi } from "../../pulumi/pulumi";
import { forget } from "./contestants/stack";
import { clearOutside } from "./outside";
import type { Site } from "./site";

export type PlannedLab = ReturnType<typeof planLab>;

/** The hosts that the stack is built on, which are made anew; the lab's own three stay. */
export const stackHosts = ({ hosts }: Pick<PlannedLab, "hosts">): LabHost[] =>
  hosts.filter(({ role }) => ["master", "worker", "load-balancer", "monitor"].includes(role));

/**
 * What every build begins with. `pulumi destroy` leaves containerd, Kubernetes' packages and Docker on the hosts, and each
 * contestant would leave something else: so the hosts are thrown away and raised anew, and what is outside them is deleted.
 */
export async function clean(lab: PlannedLab, pulumi: Pulumi, site: Site, report: Report): Promise<void> {
  report("taking record, pipeline and what belongs to it away");
  await clearOutside(site);
  await forget(lab.place, pulumi);
  for (const host of stackHosts(lab)) {
    report(`removing ${host.name}`);
    if ((await findContainer(lab.place, host)) !== undefined) await removeContainer(lab.place, host);
  }
  report("raising the hosts");
  await raiseHosts(
    lab,
    plainProgress((line) => report(line.trim())),
  );
  report("waiting until they have booted");
  await Promise.all(stackHosts(lab).map((host) => onHost(lab.place, host, lab.stack.user, settle, 600)));
}

/**
 * Booted, with package lists, and with Python as Debian's own images have it: Ansible is not to pay for the lab's hosts being
 * smaller than those.
 */
const settle = `{
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
timeout 120 systemctl is-system-running --wait >/dev/null || true
apt-get -qq update
apt-get -qq install -y --no-install-recommends python3 python3-apt >/dev/null
apt-get clean
sync
} </dev/null
`;
