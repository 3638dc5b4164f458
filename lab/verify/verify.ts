import { until } from "../base/process";
import type { Report } from "../base/progress";
import { checkEtcd, checkNodes } from "./cluster";
import { checkEndpoint, checkLoadBalancers, checkHostsFiles, checkVirtualIp } from "./endpoint";
import type { Finding, Lab, CheckResult } from "./finding";
import { checkAgent, checkLogLine } from "./logs";
import { checkSystemPods } from "./system-pods";

const checks: Readonly<Record<string, (lab: Lab) => Promise<CheckResult>>> = {
  endpoint: checkEndpoint,
  "without DNS": checkHostsFiles,
  "virtual IP": checkVirtualIp,
  HAProxy: checkLoadBalancers,
  nodes: checkNodes,
  pods: checkSystemPods,
  etcd: checkEtcd,
  agent: checkAgent,
  "NAS line": checkLogLine,
};

/** Runs a check. An error of the check is a failed finding. */
export async function runCheck(what: string, check: () => Promise<CheckResult>): Promise<Finding> {
  try {
    return { what, ...(await check()) };
  } catch (error) {
    return { what, ok: false, seen: [(error as Error).message] };
  }
}

/**
 * Runs all checks on the lab's stack.
 *
 * @param retrySeconds how long a failed check is repeated: hosts that just started need some time
 */
export async function verify(lab: Lab, report: Report, retrySeconds = 0): Promise<Finding[]> {
  let done = 0;
  const all = Object.entries(checks);
  return Promise.all(
    all.map(async ([what, check]) => {
      const finding = await until(
        () => runCheck(what, () => check(lab)),
        ({ ok }) => ok,
        { seconds: retrySeconds, every: 1 },
      );
      report(`${++done} of ${all.length} checks done`);
      return finding;
    }),
  );
}
