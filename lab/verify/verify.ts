import type { Report } from "../base/progress";
import { lookAtEtcd, lookAtNodes } from "./cluster";
import { lookAtEndpoint, lookAtLoadBalancers, lookAtVirtualIp } from "./endpoint";
import type { Finding, Lab } from "./finding";
import { lookAtAgent, lookAtLogLine } from "./logs";
import { lookAtSystemPods } from "./system-pods";

const looks = [
  lookAtEndpoint,
  lookAtVirtualIp,
  lookAtLoadBalancers,
  lookAtNodes,
  lookAtSystemPods,
  lookAtEtcd,
  lookAtAgent,
  lookAtLogLine,
];

/**
 * Looks at everything that the program promises.
 *
 * @param patience seconds for which what is not as it should be is looked at again: a host that was just started takes some
 */
export async function verify(lab: Lab, report: Report, patience = 0): Promise<Finding[]> {
  const end = Date.now() + patience * 1000;
  let whole = 0;
  return Promise.all(
    looks.map(async (lookAt) => {
      for (;;) {
        const finding = await lookAt(lab);
        if (finding.ok || Date.now() >= end) {
          report(`${++whole} of ${looks.length} looked at`);
          return finding;
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }),
  );
}
