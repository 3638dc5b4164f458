import type { Report } from "../cli/progress";
import { lookAtEtcd, lookAtNodes } from "./cluster";
import { lookAtEndpoint, lookAtLoadBalancers, lookAtVirtualIp } from "./endpoint";
import type { Finding, Lab } from "./finding";
import { lookAtAgent, lookAtLogLine } from "./logs";

const looks = [
  lookAtEndpoint,
  lookAtVirtualIp,
  lookAtLoadBalancers,
  lookAtNodes,
  lookAtEtcd,
  lookAtAgent,
  lookAtLogLine,
];

/** Looks at everything that the program promises. */
export async function verify(lab: Lab, report: Report): Promise<Finding[]> {
  let seen = 0;
  return Promise.all(
    looks.map(async (lookAt) => {
      const finding = await lookAt(lab);
      report(`${++seen} of ${looks.length} looked at`);
      return finding;
    }),
  );
}
