import { until } from "../base/process";
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
  let whole = 0;
  return Promise.all(
    looks.map(async (lookAt) => {
      const finding = await until(
        () => lookAt(lab),
        ({ ok }) => ok,
        { seconds: patience, every: 1 },
      );
      report(`${++whole} of ${looks.length} looked at`);
      return finding;
    }),
  );
}
