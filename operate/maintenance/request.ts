import { shellAssignments } from "../../host/shell";
import { shown } from "../facts";
import type { HostPlan } from "../plan";
import { askHost } from "../round";
import { scriptFiles } from "../scripts";

/**
 * Writes on each host the note that requests a reboot, so that an interrupted run with `--reboot always` knows which hosts
 * it has not rebooted yet.
 *
 * @param run a word that identifies the run
 * @returns the hosts on which this failed, with the reason
 */
export const requestReboots = (hosts: readonly HostPlan[], run: string) => onEach(hosts, `request_reboot ${run}`);

/** Removes the notes. @returns the hosts on which this failed, with the reason */
export const clearRequests = (hosts: readonly HostPlan[]) => onEach(hosts, "clear_reboot_request");

async function onEach(hosts: readonly HostPlan[], call: string): Promise<string[]> {
  const text = `${scriptFiles("host/prelude.sh", "operate/maintenance/reboot.sh")}\n${call}\n`;
  const failures = await Promise.all(
    hosts.map(async (host) => {
      const head = shellAssignments({ KC_HOST: host.name, KC_STEP: "maintenance" });
      const answer = await askHost(host, `${head}${text}`);
      return answer.kind === "answered" ? [] : [`${host.name}: ${shown(answer.said) || "no reason given"}`];
    }),
  );
  return failures.flat();
}
